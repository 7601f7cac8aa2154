//! What an execution costs.

use faas_core::model::Cost;
use faas_core::model::{NanoDollars, Tier};
use mongodb::bson::{Document, doc};

use super::Fields;
use super::damage::Damage;
use crate::error::Error;

const PER_DOLLAR: f64 = 1e9;

pub(super) fn write(cost: &Cost) -> Document {
    let total = cost.total();
    doc! {
        "tier": cost.tier.as_str(),
        "baseCost": dollars(cost.base),
        "coldStartCost": dollars(cost.cold_start),
        "retryCost": dollars(cost.retry),
        "dataTransferCost": dollars(cost.data_transfer),
        "kvCost": dollars(cost.kv),
        "totalCost": dollars(total),
        "resourceUsage": {
            "memoryMB": i64::from(cost.memory_mb),
            "cpuCores": f64::from(cost.cpu_millis) / 1000.0,
        },
        "priceVersion": i64::from(cost.price_version),
        "exact": {
            "baseCost": cost.base.get(),
            "coldStartCost": cost.cold_start.get(),
            "retryCost": cost.retry.get(),
            "dataTransferCost": cost.data_transfer.get(),
            "kvCost": cost.kv.get(),
            "totalCost": total.get(),
            "cpuMillis": i64::from(cost.cpu_millis),
        },
    }
}

/// Reads the `cost` of `execution`; one that has none was in `tier`.
pub(super) fn read(execution: &Fields<'_>, tier: Tier, damage: &mut Damage) -> Cost {
    let fields = execution.within("cost");
    let resources = fields.within("resourceUsage");
    let exact = fields.within("exact");
    let cpu_millis = match damage.or("cost", exact.optional_u32("cpuMillis"), None) {
        Some(millis) => millis,
        None => {
            let cores = damage.or("cost", resources.optional_number("cpuCores"), None);
            thousandths(cores.unwrap_or(0.0))
        }
    };
    let cost_tier = damage.or("cost", fields.optional_tier("tier"), None);
    let mut amount = |name| damage.or("cost", amount(&fields, name), NanoDollars::ZERO);
    let (base, cold_start) = (amount("baseCost"), amount("coldStartCost"));
    let (retry, data_transfer) = (amount("retryCost"), amount("dataTransferCost"));
    let kv = amount("kvCost");
    let memory_mb = damage.or("cost", resources.optional_u32("memoryMB"), None);
    let price_version = damage.or("cost", fields.optional_u32("priceVersion"), None);
    Cost {
        tier: cost_tier.unwrap_or(tier),
        base,
        cold_start,
        retry,
        data_transfer,
        kv,
        memory_mb: memory_mb.unwrap_or(0),
        cpu_millis,
        price_version: price_version.unwrap_or(0),
    }
}

/// Nano-dollars, or else dollars to the nearest nano-dollar.
pub(super) fn amount(cost: &Fields<'_>, name: &'static str) -> Result<NanoDollars, Error> {
    if let Some(nanos) = cost.within("exact").optional_integer(name)? {
        return Ok(NanoDollars::new(nanos));
    }
    let dollars = cost.optional_number(name)?.unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an amount past the range stays at its end"
    )]
    let nanos = (dollars * PER_DOLLAR).round() as i64;
    Ok(NanoDollars::new(nanos))
}

fn dollars(amount: NanoDollars) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "the exact amount is beside it")]
    let nanos = amount.get() as f64;
    nanos / PER_DOLLAR
}

fn thousandths(number: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is out of range stays at its end"
    )]
    let thousandths = (number * 1000.0).round() as u32;
    thousandths
}
