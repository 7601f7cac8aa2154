//! Periods as filters.

use faas_core::model::Timestamp;
use faas_core::store::Period;
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::documents::date;

/// Filters that all must hold for the moment in the field `name` to lie in `period`: compared by its
/// date, and where a bound is no whole millisecond, by the exact moment too.
pub(crate) fn exactly(name: &str, period: Period) -> Vec<Document> {
    let exact = format!("exact.{name}");
    let mut filters = Vec::new();
    let mut bound = |beyond: &str, whole: &str, moment: Timestamp| {
        let at = date(moment);
        filters.push(if moment.as_micros().rem_euclid(1000) == 0 {
            doc! { name: { whole: at } }
        } else {
            let same = doc! { name: at, &exact: { whole: moment.as_micros() } };
            doc! { "$or": [{ name: { beyond: at } }, same] }
        });
    };
    if period.from > Period::ALL.from {
        bound("$gt", "$gte", period.from);
    }
    if period.to < Period::ALL.to {
        bound("$lt", "$lt", period.to);
    }
    filters
}

/// The same for what an earlier system wrote: to the millisecond, and by the start where the time of
/// acceptance is missing.
pub(crate) fn of_legacy(period: Period) -> Option<Document> {
    let mut range = Document::new();
    if period.from > Period::ALL.from {
        range.insert("$gte", ceil(period.from));
    }
    if period.to < Period::ALL.to {
        range.insert("$lt", ceil(period.to));
    }
    if range.is_empty() {
        return None;
    }
    Some(doc! { "$or": [
        { "createdAt": range.clone() },
        { "createdAt": Bson::Null, "startTime": range },
    ] })
}

fn ceil(moment: Timestamp) -> DateTime {
    let micros = moment.as_micros().saturating_add(999);
    DateTime::from_millis(micros.div_euclid(1000))
}

/// One filter of many.
pub(crate) fn all(filters: Vec<Document>) -> Document {
    if filters.is_empty() {
        return Document::new();
    }
    doc! { "$and": filters }
}
