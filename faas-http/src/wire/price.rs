//! Prices and estimates.

use faas_core::cost::{Estimate, PriceBook, TierPrice};
use faas_core::model::Basis;
use serde::Serialize;
use utoipa::ToSchema;

use super::execution::ResourceUsage;
use super::number::Thousandths;
use super::{Dollars, Millis};
use crate::openapi::words;

/// The price book.
#[derive(Serialize, ToSchema)]
#[schema(as = PriceBook)]
pub(crate) struct Pricing<'a> {
    tiers: Tiers<'a>,
    factors: Factors,
    version: u32,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TierPrices)]
struct Tiers<'a> {
    basic: TierBody<'a>,
    standard: TierBody<'a>,
    premium: TierBody<'a>,
    enterprise: TierBody<'a>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TierPrice)]
struct TierBody<'a> {
    name: &'a str,
    #[serde(rename = "pricePer100ms")]
    price_per_100ms: Dollars,
    #[serde(rename = "memoryMB")]
    memory_mb: u32,
    #[serde(rename = "cpuCores")]
    cpu_cores: Thousandths,
    description: &'a str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PriceFactors)]
#[serde(rename_all = "camelCase")]
struct Factors {
    cold_start: Dollars,
    retry: Dollars,
    scaling: Dollars,
    data_transfer: Dollars,
    storage: Dollars,
}

impl<'a> From<&'a PriceBook> for Pricing<'a> {
    fn from(book: &'a PriceBook) -> Self {
        Self {
            tiers: Tiers {
                basic: TierBody::from(&book.basic),
                standard: TierBody::from(&book.standard),
                premium: TierBody::from(&book.premium),
                enterprise: TierBody::from(&book.enterprise),
            },
            factors: Factors {
                cold_start: Dollars(book.cold_start),
                retry: Dollars(book.retry),
                scaling: Dollars(book.scaling_event),
                data_transfer: Dollars(book.data_transfer_per_kib),
                storage: Dollars(book.storage_per_mib_hour),
            },
            version: book.version,
        }
    }
}

impl<'a> From<&'a TierPrice> for TierBody<'a> {
    fn from(price: &'a TierPrice) -> Self {
        Self {
            name: &price.name,
            price_per_100ms: Dollars(price.per_100ms),
            memory_mb: price.memory_mb,
            cpu_cores: Thousandths(price.cpu_millis),
            description: &price.description,
        }
    }
}

/// What the next execution will probably cost.
#[derive(Serialize, ToSchema)]
#[schema(as = Estimate)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EstimateBody {
    #[schema(value_type = words::Tier)]
    tier: &'static str,
    estimated_cost: Dollars,
    estimated_duration: Millis,
    resource_usage: ResourceUsage,
    breakdown: EstimateParts,
    #[schema(value_type = words::Basis)]
    basis: &'static str,
    range: Range,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EstimateParts {
    base_cost: Dollars,
    cold_start_cost: Dollars,
    data_transfer_cost: Dollars,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CostRange)]
struct Range {
    low: Dollars,
    high: Dollars,
}

/// Where an estimate's duration comes from, as a word.
pub(crate) const fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::History => "history",
        Basis::Given => "given",
        Basis::Probe => "probe",
        Basis::Default => "default",
    }
}

impl From<&Estimate> for EstimateBody {
    fn from(estimate: &Estimate) -> Self {
        let cost = &estimate.cost;
        Self {
            tier: cost.tier.as_str(),
            estimated_cost: Dollars(cost.total()),
            estimated_duration: Millis(estimate.duration),
            resource_usage: ResourceUsage::from(cost),
            breakdown: EstimateParts {
                base_cost: Dollars(cost.base),
                cold_start_cost: Dollars(cost.cold_start),
                data_transfer_cost: Dollars(cost.data_transfer),
            },
            basis: basis(estimate.basis),
            range: Range {
                low: Dollars(estimate.low),
                high: Dollars(estimate.high),
            },
        }
    }
}
