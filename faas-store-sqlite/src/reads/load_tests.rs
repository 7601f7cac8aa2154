//! Load tests.

use faas_core::model::LoadTest;
use faas_core::model::LoadTestId;
use faas_core::store::LoadTestQuery;
use rusqlite::{Connection, params};

use super::{collect, functions, limit};
use crate::error::Error;
use crate::rows::load_test;

pub(crate) fn one(connection: &Connection, id: LoadTestId) -> Result<Option<LoadTest>, Error> {
    let sql = [load_test::SELECT, "WHERE id = ?"].concat();
    let found = collect(connection, &sql, [load_test::key(id)], load_test::read)?;
    Ok(found.into_iter().next())
}

/// Newest first.
pub(crate) fn list(connection: &Connection, query: &LoadTestQuery) -> Result<Vec<LoadTest>, Error> {
    let at_most = limit(query.limit);
    let Some(function) = query.function else {
        let sql = [load_test::SELECT, "ORDER BY id DESC LIMIT ?"].concat();
        return collect(connection, &sql, [at_most], load_test::read);
    };
    let Some(no) = functions::number(connection, function)? else {
        return Ok(Vec::new());
    };
    let order = "WHERE function_no = ? ORDER BY id DESC LIMIT ?";
    let sql = [load_test::SELECT, order].concat();
    collect(connection, &sql, params![no, at_most], load_test::read)
}
