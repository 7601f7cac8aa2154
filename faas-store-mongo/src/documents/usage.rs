//! Sums: of one execution, and of the hours that they are kept for.

use std::collections::BTreeMap;
use std::time::Duration;

use faas_core::model::UsageSums;
use faas_core::model::{ExecutionId, FunctionId, NanoDollars, Status, Tier, Timestamp};
use mongodb::bson::{Bson, Document, doc};

use super::damage::Damage;
use super::{Fields, cost, execution, signed};
use crate::collections::{EXECUTIONS, HOURS};
use crate::error::Error;
use crate::ids::Id;

/// What one ended execution adds to a report.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) id: ExecutionId,
    pub(crate) function: FunctionId,
    pub(crate) accepted: Timestamp,
    pub(crate) sums: UsageSums,
}

/// The fields that [`ended`] reads.
pub(crate) fn ended_fields() -> Document {
    let mut fields = execution::accepted_fields();
    for name in [
        "functionId",
        "status",
        "coldStart",
        "duration",
        "cost",
        "tier",
    ] {
        fields.insert(name, 1);
    }
    fields
}

pub(crate) fn ended(document: &Document) -> Result<Ended, Error> {
    let fields = Fields::new(document, EXECUTIONS);
    let id: ExecutionId = fields.id("_id")?;
    let mut damage = Damage::default();
    let tier = damage.or("tier", fields.optional_tier("tier"), None);
    let cost = cost::read(&fields, tier.unwrap_or(Tier::Basic), &mut damage);
    let duration = damage.or("duration", fields.optional_duration("duration"), None);
    let duration: Duration = duration.unwrap_or_default();
    let status = damage.or("status", execution::status(&fields), Status::Failed);
    let function = damage.or(
        "functionId",
        fields.id("functionId"),
        FunctionId::from_u128(0),
    );
    let accepted = execution::created_at(&fields, id);
    let accepted = damage.or("createdAt", accepted, id.created_at());
    damage.report(EXECUTIONS, &id);
    let sums = UsageSums {
        executions: 1,
        failed: u64::from(status == Status::Failed),
        cold: u64::from(fields.flag("coldStart")),
        duration_micros: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
        base: cost.base,
        cold_start: cost.cold_start,
        retry: cost.retry,
        data_transfer: cost.data_transfer,
        kv: cost.kv,
        tier: Some(cost.tier),
    };
    Ok(Ended {
        id,
        function,
        accepted,
        sums,
    })
}

/// Sums by function.
pub(crate) type Sums = BTreeMap<FunctionId, UsageSums>;

/// Adds the sums of some functions to those of others.
pub(crate) fn add_all(sums: &mut Sums, others: &Sums) {
    for (function, other) in others {
        sums.entry(*function).or_default().add(other);
    }
}

pub(crate) fn write(sums: &Sums) -> Bson {
    let one = |(function, sums): (&FunctionId, &UsageSums)| {
        let mut one = write_one(sums);
        one.insert("functionId", function.bson());
        Bson::Document(one)
    };
    Bson::Array(sums.iter().map(one).collect())
}

/// The fields of a span that is closed with these sums: by function, so that those of one can be
/// asked for by [`sums_of`], and their total.
pub(crate) fn write_closed(sums: &Sums) -> Document {
    let mut total = UsageSums::default();
    for one in sums.values() {
        total.add(one);
    }
    let one = |(function, sums): (&FunctionId, &UsageSums)| {
        (function.text(), Bson::Document(write_one(sums)))
    };
    let sums: Document = sums.iter().map(one).collect();
    doc! { "closed": true, "sums": sums, "total": write_one(&total) }
}

/// The path of a function's sums in a closed span.
pub(crate) fn sums_of(function: FunctionId) -> String {
    format!("sums.{}", function.text())
}

fn write_one(sums: &UsageSums) -> Document {
    doc! {
        "executions": signed(sums.executions),
        "failed": signed(sums.failed),
        "cold": signed(sums.cold),
        "durationMicros": signed(sums.duration_micros),
        "base": sums.base.get(),
        "coldStart": sums.cold_start.get(),
        "retry": sums.retry.get(),
        "dataTransfer": sums.data_transfer.get(),
        "kv": sums.kv.get(),
        "tier": sums.tier.map(Tier::as_str),
    }
}

fn read(span: &Fields<'_>, name: &'static str) -> Result<Sums, Error> {
    let mut all = Sums::new();
    for fields in span.list(name)? {
        let function = fields.id("functionId")?;
        all.entry(function).or_default().add(&read_one(&fields)?);
    }
    Ok(all)
}

fn read_one(fields: &Fields<'_>) -> Result<UsageSums, Error> {
    let amount = |name| fields.integer(name).map(NanoDollars::new);
    Ok(UsageSums {
        executions: fields.count("executions")?,
        failed: fields.count("failed")?,
        cold: fields.count("cold")?,
        duration_micros: fields.count("durationMicros")?,
        base: amount("base")?,
        cold_start: amount("coldStart")?,
        retry: amount("retry")?,
        data_transfer: amount("dataTransfer")?,
        // Spans of an older release have none.
        kv: NanoDollars::new(fields.optional_integer("kv")?.unwrap_or(0)),
        tier: fields.optional_tier("tier")?,
    })
}

/// The sums by function in the document of a closed span, as far as they were asked for.
pub(crate) fn sums(document: &Document, collection: &'static str) -> Result<Sums, Error> {
    let fields = Fields::new(document, collection);
    let Some(value) = fields.value("sums") else {
        return Ok(Sums::new());
    };
    let unreadable = || fields.unreadable("sums");
    let by_function = value.as_document().ok_or_else(unreadable)?;
    let one = |(function, sums): (&String, &Bson)| {
        let function = function.parse().map_err(|_| unreadable())?;
        let sums = sums.as_document().ok_or_else(unreadable)?;
        Ok((function, read_one(&Fields::new(sums, collection))?))
    };
    by_function.iter().map(one).collect()
}

/// The sum over all functions in the document of a closed span.
pub(crate) fn total(document: &Document, collection: &'static str) -> Result<UsageSums, Error> {
    read_one(&Fields::new(document, collection).within("total"))
}

/// What the document of an hour, day or month says of its state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start: Timestamp,
    /// Rises with every change.
    pub(crate) revision: i64,
    pub(crate) is_closed: bool,
}

pub(crate) fn span(document: &Document, collection: &'static str) -> Result<Span, Error> {
    let fields = Fields::new(document, collection);
    Ok(Span {
        start: fields.moment("_id")?,
        revision: fields.integer("revision")?,
        is_closed: fields.flag("closed"),
    })
}

/// An hour as it is stored. See [`crate::usage`] for what its parts mean.
#[derive(Debug, Clone)]
pub(crate) struct Hour {
    pub(crate) start: Timestamp,
    /// Rises with every change.
    pub(crate) revision: i64,
    pub(crate) open_until: Timestamp,
    /// Sums over all executions of the hour, when it is closed.
    pub(crate) closed: Option<Sums>,
    /// Sums over those that have expired, [`Hour::expiring`] included.
    pub(crate) kept: Sums,
    /// Those that are being deleted.
    pub(crate) expiring: Vec<ExecutionId>,
}

pub(crate) fn hour(document: &Document) -> Result<Hour, Error> {
    let fields = Fields::new(document, HOURS);
    let expiring = match fields.value("expiring").and_then(Bson::as_array) {
        Some(ids) => ids
            .iter()
            .map(|id| ExecutionId::of_bson(id).ok_or(fields.unreadable("expiring")))
            .collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    let closed = fields.flag("closed");
    Ok(Hour {
        start: fields.moment("_id")?,
        revision: fields.integer("revision")?,
        open_until: fields.moment("openUntil")?,
        closed: closed.then(|| sums(document, HOURS)).transpose()?,
        kept: read(&fields, "kept")?,
        expiring,
    })
}
