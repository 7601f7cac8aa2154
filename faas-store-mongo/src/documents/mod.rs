//! The documents of functions, executions and events.
//!
//! Fields have the names of the HTTP interface, so that people and tools that read the database find
//! what they expect: real dates, durations as doubles in milliseconds, money as doubles
//! in dollars. These lose detail, so the exact figures are stored beside them, in microseconds, nanoseconds
//! and nano-dollars, under `exact`. Where that is missing, as in documents of an earlier system, the
//! others are read.

pub(crate) mod cost;
pub(crate) mod damage;
pub(crate) mod detail;
pub(crate) mod execution;
pub(crate) mod function;
pub(crate) mod json;
pub(crate) mod scaling;
pub(crate) mod usage;

use std::time::Duration;

use faas_core::model::{Tier, Timestamp};
use mongodb::bson::{Bson, DateTime, Document};

use crate::error::Error;
use crate::ids::Id;

/// Typed reads from a document, strict about kinds and lenient about widths of numbers.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    document: &'a Document,
    collection: &'static str,
}

static EMPTY: std::sync::LazyLock<Document> = std::sync::LazyLock::new(Document::new);

impl<'a> Fields<'a> {
    pub(crate) const fn new(document: &'a Document, collection: &'static str) -> Self {
        Self {
            document,
            collection,
        }
    }

    pub(crate) const fn unreadable(&self, what: &'static str) -> Error {
        Error::Document {
            collection: self.collection,
            what,
        }
    }

    /// The value; `None` when it is missing or null.
    pub(crate) fn value(&self, name: &'static str) -> Option<&'a Bson> {
        self.document
            .get(name)
            .filter(|value| **value != Bson::Null)
    }

    /// The document in this field; an empty one when it is missing.
    pub(crate) fn within(&self, name: &'static str) -> Self {
        let inner = self.value(name).and_then(Bson::as_document);
        Self::new(inner.unwrap_or(&EMPTY), self.collection)
    }

    /// The names and values of the document in this field.
    pub(crate) fn entries(&self, name: &'static str) -> impl Iterator<Item = (&'a str, &'a Bson)> {
        let inner = self.within(name).document.iter();
        inner.map(|(name, value)| (name.as_str(), value))
    }

    /// The documents in this field.
    pub(crate) fn list(&self, name: &'static str) -> Result<Vec<Self>, Error> {
        let Some(value) = self.value(name) else {
            return Ok(Vec::new());
        };
        let list = value.as_array().ok_or(self.unreadable(name))?;
        let fields = |one: &'a Bson| {
            let inner = one.as_document().ok_or(self.unreadable(name))?;
            Ok(Self::new(inner, self.collection))
        };
        list.iter().map(fields).collect()
    }

    pub(crate) fn id<T: Id>(&self, name: &'static str) -> Result<T, Error> {
        self.optional_id(name)?.ok_or(self.unreadable(name))
    }

    pub(crate) fn optional_id<T: Id>(&self, name: &'static str) -> Result<Option<T>, Error> {
        let read = |value| T::of_bson(value).ok_or(self.unreadable(name));
        self.value(name).map(read).transpose()
    }

    pub(crate) fn optional_text(&self, name: &'static str) -> Result<Option<&'a str>, Error> {
        let read = |value: &'a Bson| value.as_str().ok_or(self.unreadable(name));
        self.value(name).map(read).transpose()
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<&'a str, Error> {
        self.optional_text(name)?.ok_or(self.unreadable(name))
    }

    pub(crate) fn bytes(&self, name: &'static str) -> Result<&'a [u8], Error> {
        match self.value(name) {
            Some(Bson::Binary(binary)) => Ok(&binary.bytes),
            _ => Err(self.unreadable(name)),
        }
    }

    pub(crate) fn flag(&self, name: &'static str) -> bool {
        self.value(name).and_then(Bson::as_bool).unwrap_or(false)
    }

    pub(crate) fn optional_integer(&self, name: &'static str) -> Result<Option<i64>, Error> {
        let read = |value: &Bson| integer(value).ok_or(self.unreadable(name));
        self.value(name).map(read).transpose()
    }

    pub(crate) fn integer(&self, name: &'static str) -> Result<i64, Error> {
        self.optional_integer(name)?.ok_or(self.unreadable(name))
    }

    pub(crate) fn optional_u32(&self, name: &'static str) -> Result<Option<u32>, Error> {
        let read = |value| u32::try_from(value).map_err(|_| self.unreadable(name));
        self.optional_integer(name)?.map(read).transpose()
    }

    pub(crate) fn count(&self, name: &'static str) -> Result<u64, Error> {
        let value = self.optional_integer(name)?.unwrap_or(0);
        u64::try_from(value).map_err(|_| self.unreadable(name))
    }

    pub(crate) fn optional_number(&self, name: &'static str) -> Result<Option<f64>, Error> {
        let read = |value: &Bson| number(value).ok_or(self.unreadable(name));
        self.value(name).map(read).transpose()
    }

    /// The moment in `exact`, or else the date.
    pub(crate) fn optional_moment(&self, name: &'static str) -> Result<Option<Timestamp>, Error> {
        if let Some(micros) = self.within("exact").optional_integer(name)? {
            return Ok(Some(Timestamp::from_micros(micros)));
        }
        let read = |value: &'a Bson| value.as_datetime().ok_or(self.unreadable(name));
        let date = self.value(name).map(read).transpose()?;
        Ok(date.map(|date| Timestamp::from_millis(date.timestamp_millis())))
    }

    pub(crate) fn moment(&self, name: &'static str) -> Result<Timestamp, Error> {
        self.optional_moment(name)?.ok_or(self.unreadable(name))
    }

    /// The nanoseconds in `exact`, or else the milliseconds.
    pub(crate) fn optional_duration(&self, name: &'static str) -> Result<Option<Duration>, Error> {
        if let Some(nanos) = self.within("exact").optional_integer(name)? {
            let nanos = u64::try_from(nanos).map_err(|_| self.unreadable(name))?;
            return Ok(Some(Duration::from_nanos(nanos)));
        }
        let read = |millis: f64| {
            let seconds = Duration::try_from_secs_f64(millis / 1000.0);
            seconds.map_err(|_| self.unreadable(name))
        };
        self.optional_number(name)?.map(read).transpose()
    }

    pub(crate) fn optional_tier(&self, name: &'static str) -> Result<Option<Tier>, Error> {
        let Some(text) = self.optional_text(name)? else {
            return Ok(None);
        };
        let tier = Tier::ALL.into_iter().find(|tier| tier.as_str() == text);
        Ok(Some(tier.ok_or(self.unreadable(name))?))
    }
}

/// A whole number of any width.
pub(crate) fn integer(value: &Bson) -> Option<i64> {
    match value {
        Bson::Int32(value) => Some(i64::from(*value)),
        Bson::Int64(value) => Some(*value),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::float_cmp,
            reason = "only a double without a fraction is taken, as JavaScript writes whole numbers"
        )]
        Bson::Double(value) if value.trunc() == *value => Some(*value as i64),
        _ => None,
    }
}

fn number(value: &Bson) -> Option<f64> {
    match value {
        Bson::Int32(value) => Some(f64::from(*value)),
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact figures are read elsewhere"
        )]
        Bson::Int64(value) => Some(*value as f64),
        Bson::Double(value) => Some(*value),
        _ => None,
    }
}

/// A moment as a date, to the millisecond.
pub(crate) fn date(moment: Timestamp) -> DateTime {
    DateTime::from_millis(moment.as_millis())
}

/// A duration as people's tools read it: milliseconds.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// A duration in nanoseconds.
pub(crate) fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// A number that is not negative, as BSON has it.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
