//! Scripts that Convex's official client and our client run, each on a dev server of its own. Both
//! must show the same results, settle requests in the same way and send the same frames.

mod client;
mod comparison;
mod official;
mod optimistic;
mod ours;
mod recording;
mod script;
mod server;

use anyhow::Result;
use script::Script;
use server::ScriptServer;
use std::{collections::BTreeSet, fs};

async fn run(name: &str) -> Result<()> {
    let script = Script::load(name)?;
    let (for_official, for_ours) = tokio::try_join!(ScriptServer::start(), ScriptServer::start())?;
    tokio::try_join!(for_official.set_knobs(&script.knobs), for_ours.set_knobs(&script.knobs))?;
    let (official, ours) =
        tokio::try_join!(official::run(&for_official, name), ours::run(&for_ours, &script))?;
    let official = comparison::normalised(&official, &for_official)?;
    let ours = comparison::normalised(&ours, &for_ours)?;
    comparison::compare(official, ours, &script.differences)
}

macro_rules! scripts {
    ($($name:ident)*) => {
        $(#[tokio::test]
        async fn $name() -> Result<()> {
            run(stringify!($name)).await
        })*

        /// All scripts: `tests/scripts/<name>.json`.
        const SCRIPTS: &[&str] = &[$(stringify!($name)),*];
    };
}

scripts! {
    equal_queries_share_one_subscription
    queries_of_a_page_load_are_one_query_set
    query_subscribed_while_connected_is_one_query_set
    resubscribed_query_gets_a_new_id
    query_unsubscribed_before_the_socket_opens_is_not_sent
    subscribe_and_unsubscribe_in_one_turn
    unsubscribe_and_resubscribe_in_one_turn
    queries_subscribed_in_one_turn
    missing_functions_are_errors
    query_errors_arrive_with_their_data
    invalid_arguments_are_errors
    values_of_every_type_round_trip
    numbers_at_their_limits_round_trip
    integers_at_their_limits_round_trip
    special_characters_round_trip
    unusual_keys_and_nesting_round_trip
    live_query_follows_other_clients
    queries_of_one_transition_change_together
    writes_are_visible_when_a_mutation_resolves
    mutations_run_in_call_order
    requests_before_the_socket_opens_follow_the_queries
    mutation_after_a_failed_one_runs
    mutation_errors_arrive_with_their_data
    mutation_that_writes_nothing_resolves
    optimistic_value_is_replaced_by_the_real_one
    correct_optimistic_update_does_not_flicker
    optimistic_update_of_a_failed_mutation_is_rolled_back
    optimistic_update_is_reapplied_over_new_results
    optimistic_update_sets_queries_in_every_state
    optimistic_update_of_all_queries_skips_loading_ones
    optimistic_value_is_shown_to_a_later_subscriber
    actions_return_values_and_errors
    actions_run_concurrently
    token_is_sent_before_the_queries_of_a_page_load
    signing_in_while_connected_reruns_queries
    requests_during_a_sign_in_run_as_the_user
    functions_that_need_a_user_work_after_signing_in
    signing_out_removes_the_users_results
    switching_users_removes_the_first_users_results
    provider_without_a_token_stays_anonymous
    rejected_token_is_replaced_during_a_page_load
    rejected_token_is_replaced_while_connected
    rejecting_all_tokens_leaves_the_client_anonymous
    queries_are_resent_after_a_reconnect
    repeated_reconnects_report_count_and_reason
    queries_changed_while_disconnected
    requests_while_disconnected_are_sent_on_reconnect
    mutation_lost_on_the_way_is_resent
    mutation_with_a_lost_response_runs_once
    action_in_flight_fails_on_a_lost_connection
    token_is_resent_before_the_queries_on_a_reconnect
    settled_mutations_are_not_resent
    one_shot_query_unsubscribes_after_its_result
    one_shot_query_uses_an_existing_subscription
    empty_list_is_exhausted_and_grows
    list_loads_page_by_page_until_exhausted
    changes_inside_a_page_change_only_that_page
    pages_keep_their_bounds_after_a_reconnect
    page_that_grew_is_split_invisibly
    lists_with_equal_arguments_load_separately
    item_inserted_at_the_top_is_replaced_by_the_real_one
    item_is_inserted_at_the_bottom_only_if_all_is_loaded
    item_is_inserted_at_its_position
    item_is_inserted_at_its_ascending_position
    items_are_changed_in_all_pages_of_matching_lists
    item_equal_to_the_last_loaded_one_is_inserted
    item_is_inserted_into_all_matching_lists
    item_is_inserted_only_into_the_matching_list
    item_inserted_into_a_loading_and_an_empty_list
    expired_token_is_replaced
}

#[test]
fn every_script_file_is_a_test() -> Result<()> {
    let files: BTreeSet<_> =
        fs::read_dir(script::folder())?.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
    let tests = SCRIPTS.iter().map(|name| format!("{name}.json").into()).collect();
    assert_eq!(files, tests);
    Ok(())
}
