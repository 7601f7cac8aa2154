//! The pricing rule: one pure function, exact integers.

use std::time::Duration;

use super::PriceBook;
use crate::model::{Execution, FailureKind, NanoDollars, Tier};

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
    /// The price of nothing, in `tier`.
    pub const fn zero(tier: Tier, book: &PriceBook) -> Self {
        let price = book.tier(tier);
        Self {
            tier,
            base: NanoDollars::ZERO,
            cold_start: NanoDollars::ZERO,
            retry: NanoDollars::ZERO,
            data_transfer: NanoDollars::ZERO,
            memory_mb: price.memory_mb,
            cpu_millis: price.cpu_millis,
            price_version: book.version,
        }
    }

    /// The sum of the parts.
    pub fn total(&self) -> NanoDollars {
        self.base + self.cold_start + self.retry + self.data_transfer
    }
}

/// What an execution used: all that its price depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Its tier.
    pub tier: Tier,
    /// Started units of 100 ms, summed over the attempts that ran.
    pub units: u64,
    /// How many of those attempts were cold starts.
    pub cold_starts: u64,
    /// How many were retries.
    pub retries: u64,
    /// Bytes of input plus output as JSON in UTF-8.
    pub bytes: u64,
}

impl Usage {
    /// What `execution` used. Attempts that the platform failed are not billed, and an execution
    /// that never ran used nothing.
    pub fn of(execution: &Execution) -> Self {
        let billed = |kind| kind != FailureKind::Platform;
        let mut usage = Self {
            tier: execution.tier,
            units: 0,
            cold_starts: 0,
            retries: 0,
            bytes: 0,
        };
        let ran = execution
            .attempts
            .iter()
            .filter(|a| a.failure.as_ref().is_none_or(|f| billed(f.kind)));
        for attempt in ran {
            usage.units += units(attempt.duration);
            usage.cold_starts += u64::from(attempt.cold_start);
        }
        if usage.units > 0 {
            usage.retries = execution.retry_count.into();
            let output = execution.output.as_ref().map_or(0, crate::model::Json::len);
            usage.bytes = (execution.input.len() + output) as u64;
        }
        usage
    }
}

/// Started units of 100 ms; an attempt that ran starts at least one.
pub(super) fn units(duration: Duration) -> u64 {
    const UNIT_MICROS: u128 = 100_000;
    u64::try_from(duration.as_micros().div_ceil(UNIT_MICROS))
        .unwrap_or(u64::MAX)
        .max(1)
}

/// The price of `usage`.
pub fn price(usage: &Usage, book: &PriceBook) -> Cost {
    Cost {
        base: book.tier(usage.tier).per_100ms.times(usage.units),
        cold_start: book.cold_start.times(usage.cold_starts),
        retry: book.retry.times(usage.retries),
        data_transfer: fraction(book.data_transfer_per_kib, usage.bytes.into(), 1024),
        ..Cost::zero(usage.tier, book)
    }
}

/// The price of `events` changes of capacity.
pub fn scaling_cost(events: u64, book: &PriceBook) -> NanoDollars {
    book.scaling_event.times(events)
}

/// The price of keeping code: `byte_micros` is the sum over all code of its size in bytes times how
/// long it was kept in microseconds.
pub fn storage_cost(byte_micros: u128, book: &PriceBook) -> NanoDollars {
    const MIB_HOUR: u128 = (1 << 20) * 3_600_000_000;
    fraction(book.storage_per_mib_hour, byte_micros, MIB_HOUR)
}

/// `price × amount / per`, rounded half to even (as in IEEE 754) to the nano-dollar.
fn fraction(price: NanoDollars, amount: u128, per: u128) -> NanoDollars {
    let exact = u128::from(price.get().unsigned_abs()).saturating_mul(amount);
    let (quotient, rest) = (exact / per, exact % per);
    let up = match (rest * 2).cmp(&per) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    NanoDollars::new(i64::try_from(quotient + u128::from(up)).unwrap_or(i64::MAX))
}
