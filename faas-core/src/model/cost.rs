//! The cost of an execution, and sums of costs. [`crate::cost`] computes prices.

use super::{Execution, NanoDollars, Status, Tier};

/// The price of one execution, by component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// The tier that the execution was priced in.
    pub tier: Tier,
    /// Run time: each started 100 ms of each attempt. Also processor time, if the price book has a
    /// price for it.
    pub base: NanoDollars,
    /// Cold starts.
    pub cold_start: NanoDollars,
    /// Retries.
    pub retry: NanoDollars,
    /// Input plus output.
    pub data_transfer: NanoDollars,
    /// Operations on keys and values.
    pub kv: NanoDollars,
    /// The tier's heap limit when priced, in MiB.
    pub memory_mb: u32,
    /// The tier's share of a core when priced, in thousandths.
    pub cpu_millis: u32,
    /// The version of the price book.
    pub price_version: u32,
}

impl Cost {
    /// Returns the sum of the components.
    pub fn total(&self) -> NanoDollars {
        self.base + self.cold_start + self.retry + self.data_transfer + self.kv
    }
}

/// The origin of an estimate's duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The function's recent executions.
    History,
    /// The caller provided it.
    Given,
    /// The first calls of the load test, because the function had no history.
    Probe,
    /// The function has no history, so one second is assumed.
    Default,
}

/// Sums over ended executions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UsageSums {
    /// The number of executions.
    pub executions: u64,
    /// The number of failed executions.
    pub failed: u64,
    /// The number of executions with a cold start.
    pub cold: u64,
    /// The run time in microseconds.
    pub duration_micros: u64,
    /// The cost of run time.
    pub base: NanoDollars,
    /// The cost of cold starts.
    pub cold_start: NanoDollars,
    /// The cost of retries.
    pub retry: NanoDollars,
    /// The cost of input and output.
    pub data_transfer: NanoDollars,
    /// The cost of operations on keys and values.
    pub kv: NanoDollars,
    /// The most expensive tier among the executions.
    pub tier: Option<Tier>,
}

impl UsageSums {
    /// Returns the sums of one ended execution.
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
            kv: execution.cost.kv,
            tier: Some(execution.cost.tier),
        }
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.executions += other.executions;
        self.failed += other.failed;
        self.cold += other.cold;
        self.duration_micros = self.duration_micros.saturating_add(other.duration_micros);
        self.base += other.base;
        self.cold_start += other.cold_start;
        self.retry += other.retry;
        self.data_transfer += other.data_transfer;
        self.kv += other.kv;
        self.tier = self.tier.max(other.tier);
    }

    /// Returns the sum of the costs.
    pub fn total(&self) -> NanoDollars {
        self.base + self.cold_start + self.retry + self.data_transfer + self.kv
    }
}
