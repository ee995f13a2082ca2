//! The same scripts played by Convex's own client and by ours, each on a dev server of its own:
//! both must show, get and send the same.

mod client;
mod comparison;
mod official;
mod optimistic;
mod ours;
mod recording;
mod script;
mod stage;

use anyhow::Result;
use script::Script;
use stage::Stage;
use std::{collections::BTreeSet, fs};

async fn play(name: &str) -> Result<()> {
    let script = Script::load(name)?;
    let (for_official, for_ours) = tokio::try_join!(Stage::start(), Stage::start())?;
    tokio::try_join!(for_official.turn(&script.knobs), for_ours.turn(&script.knobs))?;
    let (official, ours) =
        tokio::try_join!(official::play(&for_official, name), ours::play(&for_ours, &script))?;
    let official = comparison::normalised(&official, &for_official)?;
    let ours = comparison::normalised(&ours, &for_ours)?;
    comparison::compare(official, ours, &script.differs)
}

macro_rules! scripts {
    ($($name:ident)*) => {
        $(#[tokio::test]
        async fn $name() -> Result<()> {
            play(stringify!($name)).await
        })*

        /// Every script there is: `tests/scripts/<name>.json`.
        const SCRIPTS: &[&str] = &[$(stringify!($name)),*];
    };
}

scripts! {
    a_query_is_shared
    a_page_load_is_one_query_set
    a_query_subscribed_while_connected
    a_query_that_comes_back
    a_query_that_leaves_before_it_is_asked
    a_query_that_comes_and_goes_in_one_turn
    a_query_that_goes_and_comes_in_one_turn
    queries_of_one_turn
    a_missing_function
    a_query_that_throws
    arguments_that_do_not_fit
    values_of_every_kind
    numbers_at_their_limits
    integers_at_their_limits
    texts_of_every_kind
    keys_and_nesting
    a_live_query_follows_others
    queries_change_together
    a_mutation_is_seen_when_it_resolves
    mutations_run_in_their_order
    a_mutation_before_the_socket_opens
    a_mutation_that_throws
    errors_of_mutations
    a_mutation_that_writes_nothing
    an_optimistic_update_gives_way_to_the_real_value
    an_optimistic_update_that_was_right
    an_optimistic_update_of_a_mutation_that_fails
    an_optimistic_update_over_news
    an_optimistic_update_that_sets
    an_optimistic_update_of_all_queries
    an_optimistic_update_for_a_later_subscriber
    an_action_gives_its_value
    actions_run_beside_each_other
    signed_in_from_the_start
    signing_in_later
    what_is_called_while_signing_in
    what_needs_somebody_signed_in
    signing_out
    switching_to_somebody_else
    a_provider_without_a_token
    a_rejected_token
    a_token_rejected_while_connected
    all_tokens_are_rejected
    queries_are_asked_again
    connections_lost_again_and_again
    queries_that_come_and_go_while_disconnected
    requests_while_disconnected
    a_mutation_that_did_not_arrive
    a_mutation_whose_answer_was_lost
    an_action_under_way_is_lost
    reconnecting_signed_in
    a_failed_mutation_is_not_sent_again
    a_query_asked_once
    a_subscribed_query_asked_once
    an_empty_list
    a_list_page_by_page
    a_list_that_changes
    a_list_after_a_lost_connection
    a_page_that_is_split
    two_lists_of_one_function
    an_item_inserted_at_the_top
    an_item_inserted_at_the_bottom
    an_item_inserted_by_its_order
    an_item_inserted_into_an_ascending_order
    items_changed_in_place
    an_item_inserted_beside_an_equal_one
    an_item_inserted_into_several_lists
    an_item_inserted_into_one_of_two_lists
    an_item_inserted_while_the_list_loads
    a_token_that_has_run_out
}

#[test]
fn every_script_is_played() -> Result<()> {
    let files: BTreeSet<_> =
        fs::read_dir(script::folder())?.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
    let played = SCRIPTS.iter().map(|name| format!("{name}.json").into()).collect();
    assert_eq!(files, played);
    Ok(())
}
