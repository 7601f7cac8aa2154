//! The server that the tests talk to. Each test has a database of its own in it.

/// The URI of a new database; `None` when there is no server.
pub(crate) fn new_database() -> Option<String> {
    faas_mongo_testserver::new_database(env!("CARGO_TARGET_TMPDIR"))
}
