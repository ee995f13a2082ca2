//! `paginate`: pages keep their ends while documents are inserted and removed.

use serde_json::{Value as Json, json};

use crate::harness::*;

/// Numbered messages, and a client that subscribes to pages of them.
struct MessageList {
    harness: Harness,
    client: convex_testkit::ConnectionId,
    version: u32,
    ids: Vec<String>,
}

impl MessageList {
    fn of(count: usize) -> Self {
        let mut harness = Harness::new();
        let client = harness.connect();
        let mut list = Self { harness, client, version: 0, ids: Vec::new() };
        (0..count).for_each(|_| list.send());
        list
    }

    /// Sends a message with the next number.
    fn send(&mut self) {
        let body = self.ids.len().to_string();
        let id = self.harness.mutate("messages:send", json!({ "channel": "general", "body": body }));
        self.ids.push(id.as_str().unwrap().to_owned());
    }

    fn remove(&mut self, message: usize) {
        let id = self.ids[message].clone();
        self.harness.mutate("messages:remove", json!({ "id": id }));
    }

    fn subscribe(&mut self, query: u32, options: Json) -> Json {
        self.subscribe_to(query, "messages:page", options)
    }

    fn subscribe_to(&mut self, query: u32, path: &str, options: Json) -> Json {
        let args = json!({ "channel": "general", "paginationOpts": options });
        self.modify(add(query, path, args))
    }

    fn modify(&mut self, modification: Json) -> Json {
        self.harness.send(self.client, modify(self.version, vec![modification]));
        self.version += 1;
        self.harness.frame(self.client)
    }

    fn reconnect(&mut self) {
        self.harness.deployment.closed(self.harness.now, self.client);
        self.client = self.harness.connect();
        self.version = 0;
    }
}

fn bodies(page: &Json) -> Vec<u32> {
    let documents = page["page"].as_array().unwrap().iter();
    documents.map(|document| document["body"].as_str().unwrap().parse().unwrap()).collect()
}

fn page(transition: &Json, query: u32) -> &Json {
    value_of(transition, query).unwrap_or_else(|| panic!("no page {query} in {transition:#}"))
}

#[test]
fn page_starts_where_the_previous_one_ended() {
    let mut list = MessageList::of(5);
    let transition = list.subscribe(0, json!({ "numItems": 2, "cursor": null, "id": 1 }));
    let first = page(&transition, 0);
    assert_eq!((bodies(first), &first["isDone"]), (vec![4, 3], &json!(false)));

    let transition = list.subscribe(1, json!({ "numItems": 3, "cursor": first["continueCursor"] }));
    let second = page(&transition, 1);
    assert_eq!((bodies(second), &second["isDone"]), (vec![2, 1, 0], &json!(false)), "more items may follow");

    let transition = list.subscribe(2, json!({ "numItems": 3, "cursor": second["continueCursor"] }));
    let third = page(&transition, 2);
    assert_eq!((bodies(third), &third["isDone"]), (vec![], &json!(true)), "the end is known");
}

#[test]
fn rerun_page_keeps_its_end() {
    let mut list = MessageList::of(5);
    let first = page(&list.subscribe(0, json!({ "numItems": 2, "cursor": null })), 0).clone();
    list.subscribe(1, json!({ "numItems": 2, "cursor": first["continueCursor"] }));
    list.send();
    let transition = list.harness.frame(list.client);
    let grown = page(&transition, 0);
    assert_eq!(bodies(grown), [5, 4, 3]);
    assert_eq!(grown["continueCursor"], first["continueCursor"]);
    assert_eq!(value_of(&transition, 1), None, "the new message is not in its range");

    list.remove(3);
    assert_eq!(
        bodies(page(&list.harness.frame(list.client), 0)),
        [5, 4],
        "the document at its end was removed"
    );
    list.remove(2);
    assert_eq!(bodies(page(&list.harness.frame(list.client), 1)), [1], "the next page keeps its start");
}

#[test]
fn write_outside_a_page_does_not_rerun_it() {
    let mut list = MessageList::of(5);
    list.subscribe(0, json!({ "numItems": 2, "cursor": null }));
    list.remove(0);
    assert!(list.harness.frames(list.client).is_empty());
    assert_eq!(list.harness.runs("messages:page"), 1);
}

#[test]
fn journal_keeps_the_end_of_a_page_over_a_reconnect() {
    let mut list = MessageList::of(5);
    let transition = list.subscribe(0, json!({ "numItems": 2, "cursor": null }));
    let journal = modification_of(&transition, 0).unwrap()["journal"].clone();
    assert!(journal.is_string());
    list.reconnect();
    list.send();
    let args = json!({ "channel": "general", "paginationOpts": { "numItems": 2, "cursor": null } });
    let mut again = add(0, "messages:page", args);
    again["journal"] = journal;
    assert_eq!(bodies(page(&list.modify(again), 0)), [5, 4, 3]);
}

#[test]
fn last_page_grows_at_its_end() {
    let mut list = MessageList::of(1);
    let oldest_first = list.subscribe_to(0, "messages:oldestFirst", json!({ "numItems": 3, "cursor": null }));
    assert_eq!(page(&oldest_first, 0)["isDone"], true);
    for count in 2..6 {
        list.send();
        let transition = list.harness.frame(list.client);
        assert_eq!(bodies(page(&transition, 0)), (0..count).collect::<Vec<_>>());
    }
}

#[test]
fn end_cursor_sets_the_end_of_a_page() {
    let mut list = MessageList::of(6);
    let whole = page(&list.subscribe(0, json!({ "numItems": 4, "cursor": null })), 0).clone();
    let (split, end) = (&whole["splitCursor"], &whole["continueCursor"]);
    let transition = list.subscribe(1, json!({ "numItems": 1, "cursor": null, "endCursor": split }));
    let first = page(&transition, 1);
    assert_eq!((bodies(first), &first["continueCursor"]), (vec![5, 4], split));
    let transition = list.subscribe(2, json!({ "numItems": 1, "cursor": split, "endCursor": end }));
    let second = page(&transition, 2);
    assert_eq!((bodies(second), &second["continueCursor"]), (vec![3, 2], end));
}

#[test]
fn grown_page_asks_to_be_split() {
    let mut list = MessageList::of(4);
    list.subscribe_to(0, "messages:smallPages", json!({ "numItems": 3, "cursor": null }));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        list.send();
        let transition = list.harness.frame(list.client);
        let grown = page(&transition, 0);
        statuses.push((bodies(grown).len(), grown["pageStatus"].clone()));
    }
    let (none, recommended, required) = (Json::Null, json!("SplitRecommended"), json!("SplitRequired"));
    assert_eq!(statuses, [(4, none), (5, recommended.clone()), (6, recommended), (6, required)]);
}

#[test]
fn a_cursor_of_another_query_is_invalid() {
    let mut list = MessageList::of(4);
    let cursor =
        page(&list.subscribe(0, json!({ "numItems": 2, "cursor": null })), 0)["continueCursor"].clone();
    for (query, options) in [
        (1, json!({ "numItems": 2, "cursor": cursor })),
        (2, json!({ "numItems": 2, "cursor": null, "endCursor": cursor })),
    ] {
        let transition = list.subscribe_to(query, "messages:oldestFirst", options);
        let failure = modification_of(&transition, query).unwrap();
        assert_eq!(failure["type"], "QueryFailed");
        let data = json!({ "isConvexSystemError": true, "paginationError": "InvalidCursor" });
        assert_eq!(failure["errorData"], data);
        assert!(failure["errorMessage"].as_str().unwrap().contains("InvalidCursor"));
    }
}

fn assert_unreadable(failure: &Json) {
    assert_eq!(failure["type"], "QueryFailed");
    assert!(
        failure["errorMessage"].as_str().unwrap().ends_with("Server Error\nFailed to parse cursor"),
        "{failure}"
    );
    assert_eq!(failure.get("errorData"), None);
}

#[test]
fn cursors_of_another_secret_are_unreadable() {
    let mut list = MessageList::of(4);
    let whole = list.subscribe(0, json!({ "numItems": 2, "cursor": null }));
    let (cursor, journal) =
        (page(&whole, 0)["continueCursor"].clone(), modification_of(&whole, 0).unwrap()["journal"].clone());
    list.harness.deployment.forget_cursors();
    let transition = list.subscribe(1, json!({ "numItems": 2, "cursor": cursor }));
    assert_unreadable(modification_of(&transition, 1).unwrap());
    let transition = list.subscribe(2, json!({ "numItems": 2, "cursor": "nonsense" }));
    assert_unreadable(modification_of(&transition, 2).unwrap());

    let options = json!({ "numItems": 2, "cursor": null });
    let mut again = add(3, "messages:page", json!({ "channel": "general", "paginationOpts": options }));
    again["journal"] = journal;
    assert_unreadable(modification_of(&list.modify(again), 3).unwrap());
}

#[test]
fn invalid_pagination_options_are_refused() {
    let mut list = MessageList::of(0);
    let wrong = [json!(7), json!({ "numItems": 2 }), json!({ "numItems": -1, "cursor": null })];
    for (query, options) in (0..).zip(wrong) {
        let transition = list.subscribe(query, options);
        let failure = modification_of(&transition, query).unwrap();
        assert!(failure["errorMessage"].as_str().unwrap().contains("paginationOptsValidator"), "{failure}");
    }
}

#[test]
fn page_of_zero_items_is_empty() {
    let mut list = MessageList::of(2);
    let transition = list.subscribe(0, json!({ "numItems": 0, "cursor": null }));
    let none = page(&transition, 0).clone();
    assert_eq!((bodies(&none), &none["isDone"]), (vec![], &json!(false)));
    let transition = list.subscribe(1, json!({ "numItems": 3, "cursor": none["continueCursor"] }));
    assert_eq!(bodies(page(&transition, 1)), [1, 0]);
}
