//! What cannot be read of a document.
//!
//! The database may hold what neither this release nor the original system writes: a negative
//! timeout, a text in place of a number, a field that is missing. Such a document is read as far as it
//! can be, the rest is replaced, and it is logged with its id. Only a document without a readable id
//! is left out.

use std::fmt::Display;
use std::sync::LazyLock;

use faas_core::store::DamageLog;
use mongodb::bson::Document;

use crate::error::Error;

/// Documents of this process's databases that could not be read.
static LOG: LazyLock<DamageLog> = LazyLock::new(DamageLog::new);

/// The fields of one document that cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Damage(Vec<&'static str>);

impl Damage {
    /// What was read, or `instead`, and a note of the field, if it cannot be read.
    pub(crate) fn or<T>(&mut self, field: &'static str, read: Result<T, Error>, instead: T) -> T {
        read.unwrap_or_else(|_| {
            self.note(field);
            instead
        })
    }

    pub(crate) fn note(&mut self, field: &'static str) {
        if !self.0.contains(&field) {
            self.0.push(field);
        }
    }

    /// Whether one of these fields cannot be read.
    pub(crate) fn is_in(&self, fields: &[&str]) -> bool {
        self.0.iter().any(|damaged| fields.contains(damaged))
    }

    /// Logs what cannot be read of the document with this id.
    pub(crate) fn report(&self, collection: &str, id: &dyn Display) {
        if !self.0.is_empty() {
            LOG.report(collection, id, &self.0);
        }
    }
}

/// What was read of `document`; `None`, and a line in the log, if it cannot be read.
pub(crate) fn readable<T>(document: &Document, read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Error::Document { collection, what }) => {
            let id = document.get("_id").map(ToString::to_string);
            LOG.report(collection, &id.unwrap_or_default(), &[what]);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
