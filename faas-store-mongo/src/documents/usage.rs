//! Sums: of one execution, and of the hours that they are kept for.

use std::collections::BTreeMap;
use std::time::Duration;

use faas_core::model::{ExecutionId, FunctionId, NanoDollars, Status, Tier, Timestamp};
use faas_core::store::UsageSums;
use mongodb::bson::{Bson, Document, doc};

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
    let id = fields.id("_id")?;
    let tier = fields.optional_tier("tier")?.unwrap_or(Tier::Basic);
    let cost = cost::read(&fields, tier)?;
    let duration: Duration = fields.optional_duration("duration")?.unwrap_or_default();
    let sums = UsageSums {
        executions: 1,
        failed: u64::from(execution::status(&fields)? == Status::Failed),
        cold: u64::from(fields.flag("coldStart")),
        duration_micros: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
        base: cost.base,
        cold_start: cost.cold_start,
        retry: cost.retry,
        data_transfer: cost.data_transfer,
        tier: Some(cost.tier),
    };
    Ok(Ended {
        id,
        function: fields.id("functionId")?,
        accepted: execution::created_at(&fields, id)?,
        sums,
    })
}

/// Sums by function.
pub(crate) type Sums = BTreeMap<FunctionId, UsageSums>;

pub(crate) fn write(sums: &Sums) -> Bson {
    let one = |(function, sums): (&FunctionId, &UsageSums)| {
        Bson::Document(doc! {
            "functionId": function.bson(),
            "executions": signed(sums.executions),
            "failed": signed(sums.failed),
            "cold": signed(sums.cold),
            "durationMicros": signed(sums.duration_micros),
            "base": sums.base.get(),
            "coldStart": sums.cold_start.get(),
            "retry": sums.retry.get(),
            "dataTransfer": sums.data_transfer.get(),
            "tier": sums.tier.map(Tier::as_str),
        })
    };
    Bson::Array(sums.iter().map(one).collect())
}

fn read(hour: &Fields<'_>, name: &'static str) -> Result<Sums, Error> {
    let mut all = Sums::new();
    for fields in hour.list(name)? {
        let amount = |name| fields.integer(name).map(NanoDollars::new);
        let sums = UsageSums {
            executions: fields.count("executions")?,
            failed: fields.count("failed")?,
            cold: fields.count("cold")?,
            duration_micros: fields.count("durationMicros")?,
            base: amount("base")?,
            cold_start: amount("coldStart")?,
            retry: amount("retry")?,
            data_transfer: amount("dataTransfer")?,
            tier: fields.optional_tier("tier")?,
        };
        all.entry(fields.id("functionId")?).or_default().add(&sums);
    }
    Ok(all)
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
        closed: closed.then(|| read(&fields, "sums")).transpose()?,
        kept: read(&fields, "kept")?,
        expiring,
    })
}
