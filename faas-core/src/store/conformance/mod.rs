//! The conformance suite: tests for every guarantee of a [`Store`].
//!
//! Every store must pass all tests. A store crate implements [`Fixture`] and calls one macro, which
//! generates one test for each guarantee:
//!
//! ```ignore
//! struct Sqlite { folder: TempDir, store: Arc<SqliteStore> }
//!
//! impl Fixture for Sqlite { /* … */ }
//!
//! faas_core::store_conformance!(Sqlite);
//! ```
//!
//! The crate needs `tokio` with the features `macros` and `rt-multi-thread`. Failures that only one
//! kind of store can have, such as a locked file, are tested in the crate of that store.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "these are tests that live in a library, and their names are the promises"
)]

pub mod access;
pub mod claims;
pub mod fixtures;
pub mod functions;
pub mod idempotency;
pub mod intercepted;
pub mod key_value;
pub mod lists;
pub mod load_tests;
pub mod restart;
pub mod retention;
pub mod round_trip;
pub mod scaling;
pub mod schedules;
pub mod sharing;
pub mod usage;
pub mod versions;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use self::fixtures::START;
use super::{Lease, Owner, Stage, Store, Write, Written};
use crate::model::{Execution, ExecutionId, Status};

/// Creates stores for the suite.
#[async_trait]
pub trait Fixture: Sized + Send + Sync {
    /// Creates an empty store.
    async fn empty() -> Self;

    /// The store.
    fn store(&self) -> Arc<dyn Store>;

    /// Closes the store and opens the same data again; `None` if the store is not persistent.
    async fn reopen(self) -> Option<Self>;
}

/// Inserts `executions` in groups, all of which must be stored.
pub async fn insert(store: &dyn Store, executions: &[Execution]) {
    for group in executions.chunks(500) {
        let insert = |execution: &Execution| Write::Insert(Arc::new(execution.clone()));
        let writes: Vec<_> = group.iter().map(insert).collect();
        let written = store.commit(&writes).await.unwrap();
        assert_eq!(written, vec![Written::Done; group.len()]);
    }
}

/// Commits one write and returns its outcome.
pub async fn write(store: &dyn Store, write: Write) -> Written {
    let written = store.commit(&[write]).await.unwrap();
    assert_eq!(written.len(), 1, "one outcome for each write");
    written[0]
}

/// A claim with a lease of an hour.
pub fn claim(id: ExecutionId, attempt: u32) -> Write {
    let lease = Lease {
        owner: Owner::new("somebody"),
        until: START + Duration::from_secs(3_600),
    };
    Write::Claim { id, attempt, lease }
}

/// Commits the settlement of the running attempt `attempt`.
pub async fn settle(store: &dyn Store, execution: &Execution, attempt: u32) -> Written {
    let status = Status::Running;
    settle_from(store, execution, Stage { status, attempt }).await
}

/// Commits the settlement of an execution that was at this stage.
pub async fn settle_from(store: &dyn Store, execution: &Execution, from: Stage) -> Written {
    let execution = Arc::new(execution.clone());
    write(store, Write::Settle { execution, from }).await
}

/// Generates one test for each guarantee of a [`Store`], with this [`Fixture`].
#[macro_export]
macro_rules! store_conformance {
    ($fixture:ty) => {
        $crate::store_conformance!(@tests $fixture;
            functions::a_function_reads_back_as_it_was_stored,
            functions::an_environment_reads_back_to_the_byte_and_changes_with_its_function,
            functions::the_files_and_the_language_of_a_function_read_back,
            functions::a_name_is_taken_until_its_function_is_deleted_or_renamed,
            functions::a_stale_update_is_refused_and_changes_nothing,
            functions::functions_are_listed_newest_first_page_by_page,
            functions::a_list_without_code_has_the_length_of_the_code,
            functions::a_page_of_functions_ends_where_it_would_be_too_large,
            functions::functions_are_counted_by_status_and_found_by_name,
            functions::secrets_are_replaced_in_every_version_and_nothing_else_changes,
            functions::a_deleted_function_keeps_its_label_and_nothing_else,
            functions::code_is_metered_from_each_change_to_the_next,
            versions::the_current_version_of_a_function_is_the_function,
            versions::a_replaced_version_is_kept_while_a_pending_or_running_execution_needs_it,
            versions::the_newest_replaced_versions_are_kept,
            versions::the_code_of_replaced_versions_has_a_bound_in_bytes,
            versions::a_version_that_an_alias_stands_for_is_kept,
            versions::versions_are_listed_newest_first_without_their_code,
            versions::the_versions_of_a_deleted_function_are_gone,
            versions::expiry_deletes_old_versions_that_nothing_needs,
            versions::kept_versions_are_there_after_a_restart,
            claims::a_group_is_carried_out_in_order_with_one_outcome_each,
            claims::an_execution_is_pending_then_running_then_ended,
            claims::a_claim_needs_a_pending_execution_and_the_next_attempt_number,
            claims::a_settlement_needs_the_attempt_that_was_claimed,
            claims::an_attempt_cannot_settle_an_execution_that_is_pending_again,
            claims::an_ended_execution_is_never_written_again,
            claims::a_retry_is_pending_until_its_next_claim,
            claims::a_pending_execution_can_be_cancelled,
            claims::exactly_one_of_many_concurrent_claims_succeeds,
            claims::exactly_one_of_many_concurrent_settlements_counts,
            claims::the_same_group_tried_again_counts_once,
            claims::totals_follow_every_step,
            idempotency::a_key_gives_the_first_execution_within_24_hours_and_a_new_one_after,
            idempotency::idempotency_keys_of_two_functions_are_independent,
            idempotency::two_inserts_at_once_with_one_key_store_one_execution,
            idempotency::a_key_used_twice_in_one_group_is_found,
            idempotency::of_the_executions_with_one_singleton_key_one_has_not_ended,
            lists::a_list_is_newest_first_and_pages_through_everything_once,
            lists::a_list_narrows_by_function_status_and_period,
            lists::a_list_narrows_by_the_reason_of_a_failure,
            lists::ten_thousand_executions_page_without_gap_or_repeat,
            lists::a_period_is_exact_even_when_ids_run_ahead_of_the_clock,
            lists::unfinished_executions_are_paged_oldest_first,
            lists::a_page_of_unfinished_executions_ends_where_their_inputs_are_too_long,
            lists::a_list_omits_long_parts_once_it_reaches_its_size_limit,
            lists::lists_only_count_the_host_calls_of_an_execution,
            lists::recent_durations_are_those_of_completed_executions_newest_first,
            lists::the_newest_execution_is_known,
            lists::the_newest_execution_of_each_function_is_found,
            lists::unknown_records_are_not_found,
            round_trip::every_field_of_an_execution_reads_back,
            round_trip::every_field_reads_back_after_a_settlement,
            round_trip::a_mebibyte_of_input_and_of_output_reads_back,
            round_trip::any_unicode_text_reads_back,
            usage::sums_equal_those_of_the_executions_for_any_period,
            usage::an_execution_counts_once_and_only_when_it_has_ended,
            usage::an_execution_that_ends_late_counts_when_it_was_accepted,
            usage::a_sum_beyond_the_range_of_money_is_clamped,
            usage::an_empty_store_reports_no_rows,
            retention::expiry_takes_the_oldest_ended_ones_up_to_the_limit,
            retention::expiry_never_takes_what_has_not_ended,
            retention::expiry_keeps_sums_and_totals,
            scaling::scaling_events_are_listed_newest_first_and_counted,
            load_tests::a_load_test_reads_back_as_it_was_stored_last,
            load_tests::load_tests_are_listed_newest_first_by_function,
            access::a_key_reads_back_as_it_was_stored,
            access::a_keys_name_is_taken_until_the_key_is_revoked,
            access::exactly_one_of_many_concurrent_keys_of_one_name_is_stored,
            access::a_key_is_revoked_once_and_stays_in_the_list,
            access::the_audit_log_is_newest_first_and_pages_through_everything_once,
            access::old_entries_of_the_audit_log_expire_oldest_first_up_to_the_limit,
            access::the_last_use_of_a_key_is_remembered_and_never_goes_back,
            access::keys_and_audit_log_are_there_after_a_restart,
            restart::everything_is_there_after_a_restart,
            restart::a_closed_store_refuses_every_call_without_hanging,
        );
    };
    (@tests $fixture:ty; $($module:ident::$promise:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                use $crate::store::conformance::{Fixture, $module};
                $module::$promise(<$fixture as Fixture>::empty().await).await;
            }
        )+
    };
}

/// Generates one test for each guarantee of a [`SharedStore`](super::SharedStore), with this
/// [`Fixture`], in addition to those of [`store_conformance`].
#[macro_export]
macro_rules! shared_store_conformance {
    ($fixture:ty) => {
        $crate::store_conformance!(@tests $fixture;
            sharing::a_pending_execution_is_overdue_once_it_is_due,
            sharing::a_running_execution_is_overdue_once_its_lease_has_ended,
            sharing::executions_due_or_leased_far_in_the_future_are_found,
            sharing::overdue_executions_are_listed_longest_wait_first_up_to_the_limit,
            sharing::a_lease_is_renewed_for_its_owner_and_its_attempt_only,
            sharing::a_cancel_request_reaches_the_holder_of_the_lease_and_its_successor,
            sharing::the_last_change_of_a_function_is_known,
        );
    };
}

/// Generates one test for each guarantee of a [`ScheduleStore`](super::ScheduleStore), with this
/// [`Fixture`], in addition to those of [`store_conformance`].
#[macro_export]
macro_rules! schedule_conformance {
    ($fixture:ty) => {
        $crate::store_conformance!(@tests $fixture;
            schedules::a_schedule_reads_back_as_it_was_stored_last,
            schedules::schedules_are_listed_oldest_first_page_by_page_and_counted,
            schedules::the_name_of_a_schedule_is_taken_within_its_function,
            schedules::a_stale_change_of_a_schedule_is_refused,
            schedules::due_schedules_are_found_earliest_first_and_paused_ones_never,
            schedules::a_firing_stores_its_execution_and_changes_its_schedule,
            schedules::exactly_one_of_many_concurrent_firings_of_one_time_is_stored,
            schedules::the_schedules_of_a_deleted_function_are_deleted,
            schedules::schedules_are_there_after_a_restart,
        );
    };
}

/// Generates one test for each guarantee of a [`KeyValue`](super::KeyValue), with this [`Fixture`], in
/// addition to those of [`store_conformance`].
#[macro_export]
macro_rules! key_value_conformance {
    ($fixture:ty) => {
        $crate::store_conformance!(@tests $fixture;
            key_value::an_entry_reads_back_as_it_was_written,
            key_value::keys_of_two_namespaces_are_independent,
            key_value::an_expired_key_does_not_exist,
            key_value::expired_entries_are_removed_in_order_up_to_the_limit,
            key_value::keys_are_listed_by_prefix_in_order_page_by_page,
            key_value::a_condition_decides_whether_a_write_is_made,
            key_value::exactly_one_of_many_concurrent_writes_with_one_condition_is_made,
            key_value::concurrent_increments_are_all_counted,
            key_value::a_namespace_takes_no_more_keys_and_bytes_than_its_limits,
            key_value::no_more_namespaces_have_keys_than_may,
            key_value::the_namespace_of_a_deleted_function_takes_no_keys,
            key_value::a_namespace_is_cleared_up_to_the_limit_and_then_gone,
            key_value::a_random_sequence_of_operations_equals_a_model,
            key_value::entries_are_there_after_a_restart,
        );
    };
}
