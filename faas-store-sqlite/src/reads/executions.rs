//! Executions, one or many.

use std::collections::HashMap;
use std::time::Duration;

use faas_core::model::{
    Execution, ExecutionId, FailureKind, FunctionId, ListedExecution, Status, Timestamp,
};
use faas_core::store::{ExecutionQuery, FollowUpFilter, PAGE_BYTES, Page, PageBudget, Period};
use rusqlite::{Connection, OptionalExtension, params};

use super::{collect, functions, limit, readable};
use crate::error::Error;
use crate::rows::{Columns, execution, execution_key, function_key, seq, seq_range, status_code};
use crate::state::Figures;

pub(crate) fn one(connection: &Connection, id: ExecutionId) -> Result<Option<Execution>, Error> {
    let sql = [
        execution::SELECT,
        "FROM executions e WHERE e.seq = ? AND e.id = ?",
    ]
    .concat();
    let params = params![seq(id), execution_key(id)];
    let found = collect(connection, &sql, params, execution::read)?;
    Ok(found.into_iter().next())
}

/// The statement's `FROM` and `WHERE` for executions of this status and function: reads an index in
/// the order of time, or the table, which has that order. Its parameters are: function number,
/// status, first key, last key, start and end of the period, the kind of failure, and the group of dead
/// letters.
fn list_sql(function: bool, query: &ExecutionQuery) -> String {
    let (status, failure) = (query.state(), query.failure.is_some());
    let from = match (status, function) {
        _ if query.follow_up != FollowUpFilter::Any => follow_up_sql(query.follow_up, function),
        (Some(Status::Pending | Status::Running), false) => {
            "FROM executions e INDEXED BY executions_unfinished
             WHERE e.status < 2 AND ?1 IS NULL AND e.status = ?2"
        }
        (Some(Status::Pending | Status::Running), true) => {
            "FROM executions e INDEXED BY executions_unfinished
             WHERE e.status < 2 AND e.function_no = ?1 AND e.status = ?2"
        }
        (Some(Status::Failed), false) => {
            "FROM executions e INDEXED BY executions_failed
             WHERE e.status = 3 AND ?1 IS NULL AND ?2 = 3"
        }
        (Some(Status::Failed), true) => {
            "FROM executions e INDEXED BY executions_failed_function
             WHERE e.status = 3 AND e.function_no = ?1 AND ?2 = 3"
        }
        (None | Some(Status::Completed), false) => {
            "FROM executions e NOT INDEXED
             WHERE ?1 IS NULL AND (?2 IS NULL OR e.status = ?2)"
        }
        (None | Some(Status::Completed), true) => {
            "FROM executions e INDEXED BY executions_function
             WHERE e.function_no = ?1 AND (?2 IS NULL OR e.status = ?2)"
        }
    };
    // Failed executions are scanned.
    let kind = if failure {
        " AND iif(json_valid(e.failure), json_extract(e.failure, '$.kind'), NULL) = ?7"
    } else {
        " AND ?7 IS NULL"
    };
    let group = match query.follow_up {
        FollowUpFilter::DeadLetterGroup(_) => "",
        _ => " AND ?8 IS NULL",
    };
    let range = " AND e.seq BETWEEN ?3 AND ?4 AND e.created_at >= ?5 AND e.created_at < ?6
        ORDER BY e.seq DESC";
    [from, kind, group, range].concat()
}

/// As in [`list_sql`], for executions with these follow-ups.
const fn follow_up_sql(filter: FollowUpFilter, function: bool) -> &'static str {
    match filter {
        FollowUpFilter::DeadLetterGroup(_) => {
            "FROM executions e INDEXED BY executions_dead_group
             WHERE e.dead_letter_group = ?8 AND (?1 IS NULL OR e.function_no = ?1)
                AND (?2 IS NULL OR e.status = ?2)"
        }
        FollowUpFilter::Deliveries(_) => {
            "FROM executions e INDEXED BY executions_deliveries
             WHERE e.deliveries IS NOT NULL AND e.function_no = ?1
                AND (?2 IS NULL OR e.status = ?2)"
        }
        FollowUpFilter::FailedDeliveries(_) => {
            "FROM executions e INDEXED BY executions_deliveries_failed
             WHERE e.deliveries = 2 AND e.function_no = ?1 AND (?2 IS NULL OR e.status = ?2)"
        }
        FollowUpFilter::DeadLetter | FollowUpFilter::Any if function => {
            "FROM executions e INDEXED BY executions_dead_function
             WHERE e.dead_letter_group IS NOT NULL AND e.function_no = ?1
                AND (?2 IS NULL OR e.status = ?2)"
        }
        FollowUpFilter::DeadLetter | FollowUpFilter::Any => {
            "FROM executions e INDEXED BY executions_dead
             WHERE e.dead_letter_group IS NOT NULL AND ?1 IS NULL
                AND (?2 IS NULL OR e.status = ?2)"
        }
    }
}

/// Runs `select` for `query`. Rows for which `read` returns `None` do not count.
fn list<T>(
    connection: &Connection,
    select: &str,
    query: &ExecutionQuery,
    mut read: impl FnMut(&rusqlite::Row<'_>) -> Result<Option<T>, Error>,
) -> Result<Vec<T>, Error> {
    let (function, group) = match query.follow_up {
        FollowUpFilter::Deliveries(id) | FollowUpFilter::FailedDeliveries(id) => (Some(id), None),
        FollowUpFilter::DeadLetterGroup(group) => {
            let group = i64::from_be_bytes(group.bits().to_be_bytes());
            (query.function, Some(group))
        }
        FollowUpFilter::Any | FollowUpFilter::DeadLetter => (query.function, None),
    };
    let no = match function {
        None => None,
        Some(id) => match functions::number(connection, id)? {
            None => return Ok(Vec::new()),
            no => no,
        },
    };
    let skew = Figures::load(connection)?.skew;
    let (first, mut last) = seq_range(skew.millis(query.period));
    if let Some(before) = query.before {
        last = last.min(seq(before) - 1);
    }
    let sql = [select, &list_sql(no.is_some(), query)].concat();
    let params = params![
        no,
        query.state().map(status_code),
        first,
        last,
        query.period.from.as_micros(),
        query.period.to.as_micros(),
        query.failure.map(FailureKind::as_str),
        group,
    ];
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    // Rows are read one by one in the order of an index: nothing is read after the last one.
    while found.len() < query.limit {
        let Some(row) = rows.next()? else { break };
        found.extend(read(row)?);
    }
    Ok(found)
}

pub(crate) fn page(
    connection: &Connection,
    query: &ExecutionQuery,
) -> Result<Vec<ListedExecution>, Error> {
    // A row and its parts must be read from the same state.
    let snapshot = connection.unchecked_transaction()?;
    page_within(&snapshot, query)
}

/// As [`page`], within a transaction.
fn page_within(
    snapshot: &Connection,
    query: &ExecutionQuery,
) -> Result<Vec<ListedExecution>, Error> {
    let mut budget = PageBudget::new(query.max_bytes);
    list(snapshot, execution::SELECT_LISTED, query, |row| {
        readable(execution::read_listed(snapshot, row, &mut budget))
    })
}

/// The newest execution of each of these functions.
pub(crate) fn latest(
    connection: &Connection,
    of: &[FunctionId],
) -> Result<HashMap<FunctionId, ListedExecution>, Error> {
    let snapshot = connection.unchecked_transaction()?;
    let mut latest = HashMap::new();
    for id in of {
        let newest = page_within(&snapshot, &ExecutionQuery::latest_of(*id))?;
        latest.extend(newest.into_iter().map(|newest| (*id, newest)));
    }
    Ok(latest)
}

pub(crate) fn recent_durations(
    connection: &Connection,
    function: Option<FunctionId>,
    since: Timestamp,
    at_most: usize,
) -> Result<Vec<Duration>, Error> {
    let query = ExecutionQuery {
        function,
        status: Some(Status::Completed),
        period: Period {
            from: since,
            ..Period::ALL
        },
        limit: at_most,
        ..ExecutionQuery::default()
    };
    list(connection, "SELECT e.duration ", &query, |row| {
        let nanos = row.get::<_, i64>(0).ok();
        let nanos = nanos.and_then(|nanos| u64::try_from(nanos).ok());
        Ok(nanos.map(Duration::from_nanos))
    })
}

pub(crate) fn unfinished(
    connection: &Connection,
    after: Option<ExecutionId>,
    at_most: usize,
) -> Result<Page<Execution, ExecutionId>, Error> {
    let from = " FROM executions e INDEXED BY executions_unfinished
        WHERE e.status < 2 AND e.seq > ? ORDER BY e.seq";
    let mut statement = connection.prepare_cached(&[execution::SELECT, from].concat())?;
    let mut rows = statement.query([after.map_or(-1, seq)])?;
    let (mut items, mut bytes) = (Vec::<Execution>::new(), 0);
    while let Some(row) = rows.next()? {
        // A damaged execution is read as failed, so it is not taken over.
        let read = readable(execution::read(row))?;
        let Some(execution) = read.filter(|execution| !execution.status.is_terminal()) else {
            continue;
        };
        bytes += execution.input.len();
        if items.len() >= at_most || (bytes > PAGE_BYTES && !items.is_empty()) {
            let next = items.last().map(|last| last.id);
            return Ok(Page { items, next });
        }
        items.push(execution);
    }
    Ok(Page { items, next: None })
}

pub(crate) fn unfinished_ids(
    connection: &Connection,
    after: Option<ExecutionId>,
    at_most: usize,
) -> Result<Vec<ExecutionId>, Error> {
    let sql = "SELECT e.id FROM executions e INDEXED BY executions_unfinished
        WHERE e.status < 2 AND e.seq > ? ORDER BY e.seq LIMIT ?";
    let params = [after.map_or(-1, seq), limit(at_most)];
    collect(connection, sql, params, |row| {
        let id = Columns::new(row, "executions").id_bits()?;
        Ok(ExecutionId::from_u128(id))
    })
}

pub(crate) fn keyed(
    connection: &Connection,
    function: FunctionId,
    key: &str,
    since: Timestamp,
) -> Result<Option<ExecutionId>, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM idempotency_keys WHERE key = ?2 AND created_at >= ?3
         AND function_no = (SELECT no FROM function_numbers WHERE id = ?1)",
    )?;
    let params = params![function_key(function), key, since.as_micros()];
    let id = statement.query_row(params, |row| row.get(0)).optional()?;
    Ok(id.map(id_of))
}

pub(crate) fn newest(connection: &Connection) -> Result<Option<ExecutionId>, Error> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM executions ORDER BY seq DESC LIMIT 1")?;
    let id = statement.query_row([], |row| row.get(0)).optional()?;
    Ok(id.map(id_of))
}

fn id_of(bytes: [u8; 16]) -> ExecutionId {
    ExecutionId::from_u128(u128::from_be_bytes(bytes))
}
