//! The prices, as data that a host can replace.

use super::super::model::{NanoDollars, Tier};

/// All prices. Amounts are nano-dollars.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PriceBook {
    /// Names this book; an execution keeps the version it was priced with.
    pub version: u32,
    /// Up to 100 characters of code.
    pub basic: TierPrice,
    /// Up to 5,000.
    pub standard: TierPrice,
    /// Up to 10,000, or a timeout above 60 s.
    pub premium: TierPrice,
    /// Above, or a timeout above 120 s.
    pub enterprise: TierPrice,
    /// For each attempt whose isolate had to be made.
    pub cold_start: NanoDollars,
    /// For each retry.
    pub retry: NanoDollars,
    /// For each KiB of input plus output.
    pub data_transfer_per_kib: NanoDollars,
    /// For each scaling event.
    pub scaling_event: NanoDollars,
    /// For each MiB of code kept for an hour.
    pub storage_per_mib_hour: NanoDollars,
}

/// What a tier costs and what it gives.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierPrice {
    /// For people.
    pub name: String,
    /// For people.
    pub description: String,
    /// For each started 100 ms of run time.
    pub per_100ms: NanoDollars,
    /// The heap limit, in MiB.
    pub memory_mb: u32,
    /// The share of a core, in thousandths.
    pub cpu_millis: u32,
}

impl PriceBook {
    /// The price of `tier`.
    pub const fn tier(&self, tier: Tier) -> &TierPrice {
        match tier {
            Tier::Basic => &self.basic,
            Tier::Standard => &self.standard,
            Tier::Premium => &self.premium,
            Tier::Enterprise => &self.enterprise,
        }
    }
}

impl Default for PriceBook {
    fn default() -> Self {
        let tier = |name: &str, description: &str, per_100ms, memory_mb, cpu_millis| TierPrice {
            name: name.to_owned(),
            description: description.to_owned(),
            per_100ms: NanoDollars::new(per_100ms),
            memory_mb,
            cpu_millis,
        };
        Self {
            version: 1,
            basic: tier(
                "Basic",
                "Simple functions of up to 100 characters",
                100_000,
                128,
                100,
            ),
            standard: tier(
                "Standard",
                "Functions of up to 5,000 characters",
                300_000,
                512,
                500,
            ),
            premium: tier(
                "Premium",
                "Functions of up to 10,000 characters or a timeout above 60 seconds",
                800_000,
                1024,
                1000,
            ),
            enterprise: tier(
                "Enterprise",
                "Functions above 10,000 characters or a timeout above 120 seconds",
                2_000_000,
                2048,
                2000,
            ),
            cold_start: NanoDollars::new(50_000),
            retry: NanoDollars::new(20_000),
            data_transfer_per_kib: NanoDollars::new(1_000),
            scaling_event: NanoDollars::new(100_000),
            storage_per_mib_hour: NanoDollars::new(100_000),
        }
    }
}
