//! Prices and estimates.

use std::borrow::Cow;
use std::time::Duration;

use faas_core::cost;
use faas_core::model::{FunctionId, Json, ParseIdError};
use faas_core::platform;
use serde::{Deserialize, Serialize};

use crate::execution::ResourceUsage;
use crate::number::{Cores, Dollars, Millis};
use crate::read::value;
use crate::scalar::Word;
use crate::words::{Basis, Tier};

/// The price book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct PriceBook<'a> {
    /// Prices by tier.
    pub tiers: TierPrices<'a>,
    /// Prices that are the same in all tiers.
    pub factors: PriceFactors,
    /// The version that executions are priced with.
    pub version: u32,
    /// Which functions are in which tier.
    pub thresholds: TierThresholds,
}

/// The bounds of the tiers: a function is in the cheapest tier whose bounds it meets, and in the
/// enterprise tier if it meets none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct TierThresholds {
    /// The bounds of the cheapest tier.
    pub basic: TierBounds,
    /// The bounds of the second tier.
    pub standard: TierBounds,
    /// The bounds of the third tier.
    pub premium: TierBounds,
}

/// What a function in a tier may have at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct TierBounds {
    /// The length of the code in UTF-16 code units, as JavaScript's own `length` counts.
    pub code_length: u64,
    /// The timeout in milliseconds.
    pub timeout: u64,
}

impl From<cost::TierBounds> for TierBounds {
    fn from(bounds: cost::TierBounds) -> Self {
        Self {
            code_length: bounds.code_length,
            timeout: bounds.timeout_ms,
        }
    }
}

/// The price of each tier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct TierPrices<'a> {
    /// The cheapest tier.
    pub basic: TierPrice<'a>,
    /// The second tier.
    pub standard: TierPrice<'a>,
    /// The third tier.
    pub premium: TierPrice<'a>,
    /// The most expensive tier.
    pub enterprise: TierPrice<'a>,
}

/// What a tier costs and gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct TierPrice<'a> {
    /// For people.
    pub name: Cow<'a, str>,
    /// For each started 100 ms of run time.
    #[serde(rename = "pricePer100ms")]
    pub price_per_100ms: Dollars,
    /// Memory in MiB.
    #[serde(rename = "memoryMB")]
    pub memory_mb: u32,
    /// The share of a processor.
    #[serde(rename = "cpuCores")]
    pub cpu_cores: Cores,
    /// For people.
    pub description: Cow<'a, str>,
}

/// Prices that are the same in all tiers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct PriceFactors {
    /// For each cold start.
    pub cold_start: Dollars,
    /// For each retry.
    pub retry: Dollars,
    /// For each change of capacity.
    pub scaling: Dollars,
    /// For each KiB of input and output.
    pub data_transfer: Dollars,
    /// For each MiB of code kept for an hour.
    pub storage: Dollars,
    /// For each millisecond of processor time; left out if it is not billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub cpu_ms: Option<Dollars>,
    /// For each key that code reads.
    pub kv_read: Dollars,
    /// For each key that code sets, deletes, or compares and sets.
    pub kv_write: Dollars,
    /// For each page of a list of keys.
    pub kv_list: Dollars,
}

impl<'a> From<&'a cost::PriceBook> for PriceBook<'a> {
    fn from(book: &'a cost::PriceBook) -> Self {
        Self {
            tiers: TierPrices {
                basic: TierPrice::from(&book.basic),
                standard: TierPrice::from(&book.standard),
                premium: TierPrice::from(&book.premium),
                enterprise: TierPrice::from(&book.enterprise),
            },
            factors: PriceFactors {
                cold_start: Dollars(book.cold_start),
                retry: Dollars(book.retry),
                scaling: Dollars(book.scaling_event),
                data_transfer: Dollars(book.data_transfer_per_kib),
                storage: Dollars(book.storage_per_mib_hour),
                cpu_ms: book.price_per_cpu_ms.map(Dollars),
                kv_read: Dollars(book.kv_read),
                kv_write: Dollars(book.kv_write),
                kv_list: Dollars(book.kv_list),
            },
            version: book.version,
            thresholds: TierThresholds {
                basic: book.thresholds.basic.into(),
                standard: book.thresholds.standard.into(),
                premium: book.thresholds.premium.into(),
            },
        }
    }
}

impl<'a> From<&'a cost::TierPrice> for TierPrice<'a> {
    fn from(price: &'a cost::TierPrice) -> Self {
        Self {
            name: Cow::Borrowed(&price.name),
            price_per_100ms: Dollars(price.per_100ms),
            memory_mb: price.memory_mb,
            cpu_cores: Cores {
                thousandths: price.cpu_millis,
            },
            description: Cow::Borrowed(&price.description),
        }
    }
}

/// What to estimate the next execution from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct EstimateRequest {
    /// The function's id.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::FunctionKey))]
    pub function_id: String,
    /// Its size counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<Json>,
    /// Default: the function's recent median, or a second.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::millis"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Millis>))]
    pub estimated_duration: Option<f64>,
}

impl EstimateRequest {
    /// For this function, without an input.
    pub fn new(function: FunctionId) -> Self {
        Self {
            function_id: function.to_string(),
            ..Self::default()
        }
    }
}

impl TryFrom<EstimateRequest> for platform::EstimateRequest {
    type Error = ParseIdError;

    /// Fails when the function's id is not one.
    fn try_from(request: EstimateRequest) -> Result<Self, ParseIdError> {
        let duration = request.estimated_duration.map(|millis| millis / 1000.0);
        let mut estimate = Self::new(request.function_id.parse()?);
        estimate.input = request.input;
        estimate.duration = duration.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Ok(estimate)
    }
}

/// What the next execution will probably cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Estimate {
    /// The function's tier.
    pub tier: Tier,
    /// The price: one attempt, one cold start.
    pub estimated_cost: Dollars,
    /// The run time that it assumes.
    pub estimated_duration: Millis,
    /// What the tier gives.
    pub resource_usage: ResourceUsage,
    /// The price by part.
    pub breakdown: EstimateParts,
    /// Where the run time comes from.
    pub basis: Basis,
    /// The price at the 5th and 95th percentile of recent run times.
    pub range: CostRange,
}

/// An estimate by part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct EstimateParts {
    /// Run time.
    pub base_cost: Dollars,
    /// One cold start.
    pub cold_start_cost: Dollars,
    /// The input.
    pub data_transfer_cost: Dollars,
}

/// A range of prices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct CostRange {
    /// Probably not below this.
    pub low: Dollars,
    /// Probably not above this.
    pub high: Dollars,
}

impl From<&cost::Estimate> for Estimate {
    fn from(estimate: &cost::Estimate) -> Self {
        let cost = &estimate.cost;
        Self {
            tier: Word(cost.tier),
            estimated_cost: Dollars(cost.total()),
            estimated_duration: Millis(estimate.duration),
            resource_usage: ResourceUsage::from(cost),
            breakdown: EstimateParts {
                base_cost: Dollars(cost.base),
                cold_start_cost: Dollars(cost.cold_start),
                data_transfer_cost: Dollars(cost.data_transfer),
            },
            basis: Word(estimate.basis),
            range: CostRange {
                low: Dollars(estimate.low),
                high: Dollars(estimate.high),
            },
        }
    }
}
