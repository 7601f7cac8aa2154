//! What an execution cost, and sums of such costs. How a price is found is in [`crate::cost`].

use super::{Execution, NanoDollars, Status, Tier};

/// The price of one execution, by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// The tier that it was priced in.
    pub tier: Tier,
    /// Run time: each started 100 ms of each attempt.
    pub base: NanoDollars,
    /// Cold starts.
    pub cold_start: NanoDollars,
    /// Retries.
    pub retry: NanoDollars,
    /// Input plus output.
    pub data_transfer: NanoDollars,
    /// The tier's heap limit at the time, in MiB.
    pub memory_mb: u32,
    /// The tier's share of a core at the time, in thousandths.
    pub cpu_millis: u32,
    /// The price book it was priced with.
    pub price_version: u32,
}

impl Cost {
    /// The sum of the parts.
    pub fn total(&self) -> NanoDollars {
        self.base + self.cold_start + self.retry + self.data_transfer
    }
}

/// Where an estimate's duration comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The function's own recent executions.
    History,
    /// The caller named it.
    Given,
    /// The first calls of the load test itself: the function had no history.
    Probe,
    /// Nothing: the function has no history, and one second is assumed.
    Default,
}

/// Sums over executions that have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UsageSums {
    /// How many there are.
    pub executions: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many of them had a cold start.
    pub cold: u64,
    /// Their run time in microseconds.
    pub duration_micros: u64,
    /// Their costs, by part.
    pub base: NanoDollars,
    /// Cold starts.
    pub cold_start: NanoDollars,
    /// Retries.
    pub retry: NanoDollars,
    /// Input and output.
    pub data_transfer: NanoDollars,
    /// The dearest tier that any of them was priced in.
    pub tier: Option<Tier>,
}

impl UsageSums {
    /// The sums of one execution that has ended.
    pub fn of(execution: &Execution) -> Self {
        Self {
            executions: 1,
            failed: u64::from(execution.status == Status::Failed),
            cold: u64::from(execution.cold_start),
            duration_micros: u64::try_from(execution.duration.as_micros()).unwrap_or(u64::MAX),
            base: execution.cost.base,
            cold_start: execution.cost.cold_start,
            retry: execution.cost.retry,
            data_transfer: execution.cost.data_transfer,
            tier: Some(execution.cost.tier),
        }
    }

    /// Adds `other` to these.
    pub fn add(&mut self, other: &Self) {
        self.executions += other.executions;
        self.failed += other.failed;
        self.cold += other.cold;
        self.duration_micros = self.duration_micros.saturating_add(other.duration_micros);
        self.base += other.base;
        self.cold_start += other.cold_start;
        self.retry += other.retry;
        self.data_transfer += other.data_transfer;
        self.tier = self.tier.max(other.tier);
    }

    /// The sum of the costs.
    pub fn total(&self) -> NanoDollars {
        self.base + self.cold_start + self.retry + self.data_transfer
    }
}
