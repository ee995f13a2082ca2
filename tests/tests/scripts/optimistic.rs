//! The optimistic updates of scripts, for our client.
//! `tests/official/scripts/optimistic.js` is the same for the official client.

use crate::script::{ItemOrder, StoreChange};
use convex_sync::{Arguments, EncodedValue, FunctionPath, LocalStore, OptimisticError, SortOrder, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// An optimistic update that makes these changes.
pub fn update(
    changes: Vec<StoreChange>,
) -> impl FnMut(&mut LocalStore<'_>) -> Result<(), OptimisticError> + Send + Sync + 'static {
    move |store| changes.iter().try_for_each(|change| apply(change, store))
}

fn apply(change: &StoreChange, store: &mut LocalStore<'_>) -> Result<(), OptimisticError> {
    match change {
        StoreChange::Set { function, args, value } => {
            store.set(&path(function), &arguments(args), encoded(value));
        }
        StoreChange::Append { function, args, item } => {
            let (function, args) = (path(function), arguments(args));
            if let Some(list) = store.get(&function, &args) {
                let longer = with_item(list, item);
                store.set(&function, &args, longer);
            }
        }
        StoreChange::AppendToAll { function, item } => {
            let function = path(function);
            let all = store.all(&function);
            let lists =
                all.into_iter().filter_map(|(args, list)| Some((args.clone(), with_item(list?, item))));
            for (args, longer) in lists.collect::<Vec<_>>() {
                store.set(&function, &args, longer);
            }
        }
        StoreChange::Clear { function, args } => store.clear(&path(function), &arguments(args)),
        StoreChange::InsertAtTop { function, args, item } => {
            store.insert_at_top(&path(function), &arguments(args), item)?;
        }
        StoreChange::InsertAtBottom { function, args, item } => {
            store.insert_at_bottom_if_loaded(&path(function), &arguments(args), item)?;
        }
        StoreChange::InsertByText { function, args, order, item } => {
            let (function, args) = (path(function), arguments(args));
            let order = match order {
                ItemOrder::Ascending => SortOrder::Ascending,
                ItemOrder::Descending => SortOrder::Descending,
            };
            let item: ListItem = encoded(item).decode()?;
            store.insert_at_position(&function, &args, order, |item: &ListItem| item.text.clone(), &item)?;
        }
        StoreChange::Rename { function, args, from, to } => {
            let renamed = |item: ListItem| (item.text == *from).then(|| ListItem { text: to.clone() });
            store.update_items(&path(function), &arguments(args), renamed)?;
        }
    }
    Ok(())
}

/// An item of the lists in scripts.
#[derive(Serialize, Deserialize)]
struct ListItem {
    text: String,
}

fn with_item(list: &EncodedValue, item: &Json) -> EncodedValue {
    let mut items: Vec<Value> = list.decode().expect("the script's query returns a list");
    items.push(encoded(item).decode().expect("`Value` holds every value"));
    EncodedValue::encode(&items).expect("a list of values can be encoded")
}

fn path(function: &str) -> FunctionPath {
    FunctionPath::parse(function).expect("the script's function path is valid")
}

fn arguments(args: &Json) -> Arguments {
    let args = Arguments::encode(args).expect("the script's arguments can be encoded");
    args.expect("the script's arguments are an object")
}

fn encoded(value: &Json) -> EncodedValue {
    EncodedValue::encode(value).expect("the script's value can be encoded")
}
