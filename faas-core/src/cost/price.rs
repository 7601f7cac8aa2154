//! Pricing: a pure function on exact integers.

use std::time::Duration;

use super::PriceBook;
use crate::model::{Cost, Execution, FailureKind, HostCallRecord, KvUsage, NanoDollars, Tier};

impl Cost {
    /// Returns a cost of zero in `tier`.
    pub const fn zero(tier: Tier, book: &PriceBook) -> Self {
        let price = book.tier(tier);
        Self {
            tier,
            base: NanoDollars::ZERO,
            cold_start: NanoDollars::ZERO,
            retry: NanoDollars::ZERO,
            data_transfer: NanoDollars::ZERO,
            kv: NanoDollars::ZERO,
            memory_mb: price.memory_mb,
            cpu_millis: price.cpu_millis,
            price_version: book.version,
        }
    }
}

/// The usage of an execution: everything that its price depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The execution's tier.
    pub tier: Tier,
    /// Started units of 100 ms, summed over the attempts that ran.
    pub units: u64,
    /// The number of those attempts that were cold starts.
    pub cold_starts: u64,
    /// The number of retries among them.
    pub retries: u64,
    /// Bytes of input plus output as JSON in UTF-8, and of the bodies of HTTP requests that are kept
    /// with the execution, in both directions. Of a response in pieces, the bytes of its body instead
    /// of the output.
    pub bytes: u64,
    /// Nanoseconds of processor time, summed over the attempts that ran.
    pub cpu_nanos: u64,
    /// The operations on keys and values of the attempts that ran.
    pub kv: KvUsage,
}

impl Usage {
    /// Returns the usage of `execution`. Attempts that the platform failed are not billed, nor is a
    /// retry that never ran. An execution that never ran has no usage.
    pub fn of(execution: &Execution) -> Self {
        let billed = |kind| kind != FailureKind::Platform;
        let mut usage = Self {
            tier: execution.tier,
            units: 0,
            cold_starts: 0,
            retries: 0,
            bytes: 0,
            cpu_nanos: 0,
            kv: KvUsage::default(),
        };
        let ran = execution
            .attempts
            .iter()
            .filter(|a| a.failure.as_ref().is_none_or(|f| billed(f.kind)));
        let mut attempts = 0_u64;
        for attempt in ran {
            attempts += 1;
            usage.units = usage.units.saturating_add(units(attempt.duration));
            usage.cold_starts += u64::from(attempt.cold_start);
            let cpu = u64::try_from(attempt.cpu_time.as_nanos()).unwrap_or(u64::MAX);
            usage.cpu_nanos = usage.cpu_nanos.saturating_add(cpu);
            usage.kv.add(&attempt.kv);
        }
        if attempts > 0 {
            usage.retries = u64::from(execution.retry_count).min(attempts - 1);
            let output = execution.output.as_ref().map_or(0, crate::model::Json::len);
            // The bytes of a response in pieces are those of its host call.
            let output = if in_pieces(execution) { 0 } else { output };
            usage.bytes = (execution.input.len() + output) as u64;
            usage.bytes = usage.bytes.saturating_add(requested(execution, billed));
        }
        usage
    }
}

/// Whether the output is the record of a response in pieces.
fn in_pieces(execution: &Execution) -> bool {
    let mut calls = execution.host_calls.iter();
    calls.any(HostCallRecord::is_response)
}

/// The bytes of the HTTP requests that are kept with the execution, in and out, and those of the
/// exchange of an HTTP call that came in pieces; without those of attempts that are not billed.
fn requested(execution: &Execution, billed: impl Fn(FailureKind) -> bool) -> u64 {
    let is_billed = |attempt: u32| {
        let attempt = usize::try_from(attempt).ok().and_then(|n| n.checked_sub(1));
        let attempt = attempt.and_then(|n| execution.attempts.get(n));
        let failure = attempt.and_then(|attempt| attempt.failure.as_ref());
        failure.is_none_or(|failure| billed(failure.kind))
    };
    let calls = execution.host_calls.iter();
    calls
        .filter(|call| (call.request.is_some() || call.is_exchange()) && is_billed(call.attempt))
        .fold(0, |sum: u64, call| {
            sum.saturating_add(call.bytes_in)
                .saturating_add(call.bytes_out)
        })
}

/// Returns the number of started units of 100 ms, at least one. Counts whole microseconds, as the
/// store does, so that the price can be recomputed from the record.
pub(super) fn units(duration: Duration) -> u64 {
    const UNIT_MICROS: u128 = 100_000;
    u64::try_from(duration.as_micros().div_ceil(UNIT_MICROS))
        .unwrap_or(u64::MAX)
        .max(1)
}

/// Returns the price of `usage`. The base is the price of the run time, and of the processor time if
/// the book has one for it.
pub fn price(usage: &Usage, book: &PriceBook) -> Cost {
    const MS: u128 = 1_000_000;
    let cpu_price = book.price_per_cpu_ms.unwrap_or(NanoDollars::ZERO);
    let cpu = fraction(cpu_price, usage.cpu_nanos.into(), MS);
    Cost {
        base: book.tier(usage.tier).per_100ms.times(usage.units) + cpu,
        cold_start: book.cold_start.times(usage.cold_starts),
        retry: book.retry.times(usage.retries),
        data_transfer: fraction(book.data_transfer_per_kib, usage.bytes.into(), 1024),
        kv: book.kv_read.times(usage.kv.reads)
            + book.kv_write.times(usage.kv.writes)
            + book.kv_list.times(usage.kv.lists),
        ..Cost::zero(usage.tier, book)
    }
}

/// Returns the price of `events` scaling events.
pub fn scaling_cost(events: u64, book: &PriceBook) -> NanoDollars {
    book.scaling_event.times(events)
}

/// Returns the price of stored code. `byte_micros` is the sum over all code of its size in bytes
/// times its storage time in microseconds.
pub fn storage_cost(byte_micros: u128, book: &PriceBook) -> NanoDollars {
    const MIB_HOUR: u128 = (1 << 20) * 3_600_000_000;
    fraction(book.storage_per_mib_hour, byte_micros, MIB_HOUR)
}

/// Computes `price × amount / per`, rounded half to even (as in IEEE 754) to the nano-dollar.
fn fraction(price: NanoDollars, amount: u128, per: u128) -> NanoDollars {
    let exact = u128::from(price.get().unsigned_abs()).saturating_mul(amount);
    let (quotient, rest) = (exact / per, exact % per);
    let up = match (rest * 2).cmp(&per) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    let nanos = i64::try_from(quotient + u128::from(up)).unwrap_or(i64::MAX);
    NanoDollars::new(nanos * price.get().signum())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::UsageSums;
    use crate::model::{
        Attempt, ExecutionId, Failure, FunctionId, HostCallRecord, IdGenerator, Json, Timestamp,
    };

    fn book() -> PriceBook {
        PriceBook::default()
    }

    fn usage(tier: Tier, units: u64, bytes: u64) -> Usage {
        Usage {
            tier,
            units,
            cold_starts: 0,
            retries: 0,
            bytes,
            cpu_nanos: 0,
            kv: KvUsage::default(),
        }
    }

    /// An execution in `tier` with these attempts. Each attempt is its duration in milliseconds,
    /// whether it was a cold start, and its failure.
    fn execution(tier: Tier, attempts: &[(u64, bool, Option<FailureKind>)]) -> Execution {
        let now = Timestamp::from_millis(0);
        let ids = IdGenerator::default();
        let (id, function_id): (ExecutionId, FunctionId) = (ids.execution(now), ids.function(now));
        let input = Json::trusted(r#"{"n":1}"#);
        let free = Cost::zero(tier, &book());
        let mut execution = Execution::new(id, function_id, input, free, now);
        for (index, (millis, cold_start, failure)) in attempts.iter().enumerate() {
            if index > 0 {
                execution.retry(now).unwrap();
            }
            execution.claim().unwrap();
            execution
                .end_attempt(Attempt {
                    start_time: now,
                    duration: Duration::from_millis(*millis),
                    failure: failure.map(|kind| Failure::new(kind, "failed")),
                    instance_id: None,
                    cold_start: *cold_start,
                    cpu_time: Duration::ZERO,
                    kv: KvUsage::default(),
                    code: None,
                })
                .unwrap();
        }
        execution
    }

    #[test]
    fn run_time_is_billed_by_started_100_ms() {
        for (micros, expected) in [
            (0, 1),
            (1, 1),
            (99_999, 1),
            (100_000, 1),
            (100_001, 2),
            (200_000, 2),
            (30_000_000, 300),
        ] {
            assert_eq!(units(Duration::from_micros(micros)), expected, "{micros}");
        }
        assert_eq!(units(Duration::MAX), u64::MAX);
    }

    #[test]
    fn each_tier_has_its_published_price() {
        let base = |tier| price(&usage(tier, 10, 0), &book()).total().to_string();
        assert_eq!(base(Tier::Basic), "0.001");
        assert_eq!(base(Tier::Standard), "0.003");
        assert_eq!(base(Tier::Premium), "0.008");
        assert_eq!(base(Tier::Enterprise), "0.02");
    }

    #[test]
    fn data_transfer_rounds_a_half_to_the_even_nano_dollar() {
        let transfer = |bytes| {
            price(&usage(Tier::Basic, 0, bytes), &book())
                .data_transfer
                .get()
        };
        assert_eq!(transfer(0), 0);
        assert_eq!(transfer(1), 1); // 0.977
        assert_eq!(transfer(64), 62); // 62.5
        assert_eq!(transfer(192), 188); // 187.5
        assert_eq!(transfer(1024), 1000);
        assert_eq!(transfer(u64::MAX), i64::MAX); // saturated
    }

    #[test]
    fn processor_time_is_billed_only_if_the_book_has_a_price_for_it() {
        let mut ran = execution(Tier::Basic, &[(250, false, None)]);
        ran.attempts[0].cpu_time = Duration::from_micros(1_500);
        let usage = Usage::of(&ran);
        let free = price(&usage, &book());
        assert_eq!(free.base.get(), 300_000);
        let mut dear = book();
        dear.price_per_cpu_ms = Some(NanoDollars::new(1_001));
        let billed = price(&usage, &dear);
        // 1.5 ms at 1,001 nano-dollars are 1,501.5, and half rounds to even.
        assert_eq!(billed.base.get(), 300_000 + 1_502);
        assert_eq!((billed.total() - free.total()).get(), 1_502);
    }

    #[test]
    fn the_bodies_of_requests_are_billed_as_data_but_not_those_of_other_host_calls() {
        let platform = Some(FailureKind::Platform);
        let mut ran = execution(Tier::Basic, &[(250, false, platform), (250, false, None)]);
        let before = Usage::of(&ran).bytes;
        let call = |attempt, bytes_in, request| HostCallRecord {
            attempt,
            name: "fetch".to_owned(),
            start_time: ran.created_at,
            duration: Duration::ZERO,
            bytes_in,
            bytes_out: 1_000,
            error: None,
            request,
        };
        let request = || Some(Box::default());
        ran.host_calls = vec![
            call(1, 1, request()),
            call(2, 24, request()),
            call(2, 7, None),
        ];
        assert_eq!(Usage::of(&ran).bytes, before + 1_024);
        ran.host_calls[1].bytes_in = u64::MAX;
        assert_eq!(Usage::of(&ran).bytes, u64::MAX);
    }

    #[test]
    fn operations_on_keys_and_values_are_billed_for_the_attempts_that_ran() {
        let failed = Some(FailureKind::UserError);
        let platform = Some(FailureKind::Platform);
        let attempts = [(9, false, failed), (9, false, platform), (9, false, None)];
        let mut ran = execution(Tier::Basic, &attempts);
        let free = price(&Usage::of(&ran), &book());
        let kv = |reads, writes, lists| KvUsage {
            reads,
            writes,
            lists,
        };
        ran.attempts[0].kv = kv(100, 2, 0);
        ran.attempts[1].kv = kv(1_000, 1_000, 1_000);
        ran.attempts[2].kv = kv(1, 0, 3);
        let usage = Usage::of(&ran);
        assert_eq!(usage.kv, kv(101, 2, 3));
        let billed = price(&usage, &book());
        // Half a dollar for a million reads, 5 dollars for a million of the others.
        assert_eq!(billed.kv.get(), 101 * 500 + 5 * 5_000);
        assert_eq!(billed.total() - free.total(), billed.kv);
        ran.attempts[2].kv = kv(u64::MAX, u64::MAX, u64::MAX);
        assert_eq!(price(&Usage::of(&ran), &book()).kv.get(), i64::MAX);
    }

    #[test]
    fn storing_a_mebibyte_of_code_for_an_hour_costs_the_listed_price() {
        const HOUR: u128 = 3_600_000_000;
        let mebibyte = 1_u128 << 20;
        assert_eq!(storage_cost(mebibyte * HOUR, &book()).to_string(), "0.0001");
        assert_eq!(storage_cost(mebibyte * HOUR / 2, &book()).get(), 50_000);
        assert_eq!(storage_cost(1, &book()), NanoDollars::ZERO);
        assert_eq!(storage_cost(u128::MAX, &book()).get(), i64::MAX);
        assert_eq!(scaling_cost(3, &book()).to_string(), "0.0003");
    }

    #[test]
    fn attempts_that_ran_are_billed_and_attempts_that_the_platform_failed_are_not() {
        let user = Some(FailureKind::UserError);
        let platform = Some(FailureKind::Platform);
        let of = |attempts: &[_]| Usage::of(&execution(Tier::Basic, attempts));

        let retried = of(&[(250, true, user), (50, false, None)]);
        assert_eq!(
            (retried.units, retried.cold_starts, retried.retries),
            (4, 1, 1)
        );

        let interrupted = of(&[(250, true, platform), (50, true, None)]);
        assert_eq!(
            (
                interrupted.units,
                interrupted.cold_starts,
                interrupted.retries
            ),
            (1, 1, 0)
        );

        let lost = of(&[(250, true, user), (900, true, platform)]);
        assert_eq!((lost.units, lost.cold_starts, lost.retries), (3, 1, 0));

        assert_eq!(of(&[(900, true, platform)]), usage(Tier::Basic, 0, 0));
    }

    #[test]
    fn an_execution_that_never_ran_costs_nothing() {
        let mut cancelled = execution(Tier::Enterprise, &[]);
        let failure = Failure::new(FailureKind::Cancelled, "cancelled");
        cancelled.fail(failure, Timestamp::from_millis(9)).unwrap();
        let cost = price(&Usage::of(&cancelled), &book());
        assert_eq!(cost, Cost::zero(Tier::Enterprise, &book()));
        assert_eq!(cost.total(), NanoDollars::ZERO);
    }

    #[test]
    fn a_retry_cancelled_while_waiting_is_not_billed() {
        let mut execution = execution(Tier::Basic, &[(10, false, Some(FailureKind::UserError))]);
        execution.retry(Timestamp::from_millis(2_000)).unwrap();
        let failure = Failure::new(FailureKind::Cancelled, "cancelled");
        execution.fail(failure, Timestamp::from_millis(9)).unwrap();
        assert_eq!(
            (execution.retry_count, Usage::of(&execution).retries),
            (1, 0)
        );
    }

    #[test]
    fn input_and_output_are_billed_in_utf8_bytes() {
        let mut execution = execution(Tier::Basic, &[(10, false, None)]);
        execution
            .complete(Json::trusted("\"é\""), Timestamp::from_millis(1))
            .unwrap();
        assert_eq!(Usage::of(&execution).bytes, 7 + 4);
    }

    fn any_tier() -> impl Strategy<Value = Tier> {
        proptest::sample::select(Tier::ALL.to_vec())
    }

    prop_compose! {
        fn any_usage()(
            tier in any_tier(),
            units in 0_u64..10_000_000,
            cold_starts in 0_u64..100,
            retries in 0_u64..100,
            bytes in 0_u64..100_000_000,
            cpu_nanos in 0_u64..100_000_000_000_000,
            reads in 0_u64..10_000_000,
            writes in 0_u64..10_000_000,
            lists in 0_u64..10_000_000,
        ) -> Usage {
            let kv = KvUsage { reads, writes, lists };
            Usage { tier, units, cold_starts, retries, bytes, cpu_nanos, kv }
        }
    }

    prop_compose! {
        fn any_attempt()(
            millis in 0_u64..300_000,
            cold in any::<bool>(),
            failure in proptest::sample::select(vec![
                None,
                Some(FailureKind::UserError),
                Some(FailureKind::Timeout),
                Some(FailureKind::Platform),
            ]),
        ) -> (u64, bool, Option<FailureKind>) {
            (millis, cold, failure)
        }
    }

    proptest! {
        #[test]
        fn the_total_is_the_sum_of_the_components(usage in any_usage()) {
            let book = book();
            let cost = price(&usage, &book);
            let parts = [cost.base, cost.cold_start, cost.retry, cost.data_transfer, cost.kv];
            prop_assert_eq!(cost.total(), parts.into_iter().sum());
            let exact = book.tier(usage.tier).per_100ms.get() * usage.units as i64
                + 50_000 * usage.cold_starts as i64
                + 20_000 * usage.retries as i64
                + 500 * usage.kv.reads as i64
                + 5_000 * (usage.kv.writes + usage.kv.lists) as i64;
            prop_assert_eq!((cost.total() - cost.data_transfer).get(), exact);
            let mut dear = book.clone();
            dear.price_per_cpu_ms = Some(NanoDollars::new(1_000_000));
            let cpu = price(&usage, &dear).total() - cost.total();
            prop_assert_eq!(cpu.get(), usage.cpu_nanos as i64);
        }

        #[test]
        fn the_sum_over_any_grouping_is_the_sum_over_all(
            usages in proptest::collection::vec((any_usage(), 0_usize..7), 0..60),
        ) {
            let mut all = NanoDollars::ZERO;
            let mut groups = vec![UsageSums::default(); 7];
            for (usage, group) in &usages {
                let mut execution = execution(usage.tier, &[]);
                execution.cost = price(usage, &book());
                all += execution.cost.total();
                groups[*group].add(&UsageSums::of(&execution));
            }
            prop_assert_eq!(groups.iter().map(UsageSums::total).sum::<NanoDollars>(), all);
            let mut whole = UsageSums::default();
            groups.iter().for_each(|group| whole.add(group));
            prop_assert_eq!(whole.total(), all);
            prop_assert_eq!(whole.executions, usages.len() as u64);
        }

        #[test]
        fn more_usage_never_costs_less(
            usage in any_usage(),
            longer in 0_u64..1_000_000,
            more_bytes in 0_u64..1_000_000,
        ) {
            let book = book();
            let more = Usage {
                units: usage.units + longer,
                bytes: usage.bytes + more_bytes,
                ..usage
            };
            prop_assert!(price(&more, &book).total() >= price(&usage, &book).total());
            for tier in Tier::ALL.into_iter().filter(|tier| *tier > usage.tier) {
                let dearer = price(&Usage { tier, ..usage }, &book);
                prop_assert!(dearer.total() >= price(&usage, &book).total());
            }
        }

        #[test]
        fn a_longer_run_never_uses_fewer_units(a in 0_u64..u64::MAX, b in 0_u64..u64::MAX) {
            let (short, long) = (a.min(b), a.max(b));
            prop_assert!(
                units(Duration::from_micros(short)) <= units(Duration::from_micros(long))
            );
        }

        /// The rounded number is within half a unit of the exact fraction; at exactly half it is
        /// even.
        #[test]
        fn a_fraction_is_rounded_half_to_even(
            price in 0_i64..1_000_000_000,
            amount in 0_u64..1 << 40,
            half in any::<bool>(),
        ) {
            // Half of the cases are multiples of half a unit, which produce ties.
            let amount = if half { amount - amount % 512 } else { amount };
            let rounded = fraction(NanoDollars::new(price), amount.into(), 1024).get();
            let exact_in_1024ths = i128::from(price) * i128::from(amount);
            let off = 2 * (i128::from(rounded) * 1024 - exact_in_1024ths);
            prop_assert!(off.abs() <= 1024, "{} is off by {}/2048", rounded, off);
            if off.abs() == 1024 {
                prop_assert_eq!(rounded % 2, 0);
            }
        }

        #[test]
        fn only_attempts_that_the_platform_did_not_fail_are_billed(
            attempts in proptest::collection::vec(any_attempt(), 0..6),
        ) {
            let execution = execution(Tier::Standard, &attempts);
            let mine: Vec<_> = attempts
                .iter()
                .filter(|(_, _, failure)| *failure != Some(FailureKind::Platform))
                .collect();
            let usage = Usage::of(&execution);
            let expected: u64 = mine.iter().map(|a| a.0.div_ceil(100).max(1)).sum();
            prop_assert_eq!(usage.units, expected);
            prop_assert_eq!(usage.cold_starts, mine.iter().filter(|a| a.1).count() as u64);
            prop_assert!(usage.retries <= u64::from(execution.retry_count));
            prop_assert!(usage.retries <= mine.len().saturating_sub(1) as u64);
            if mine.is_empty() {
                prop_assert_eq!(price(&usage, &book()).total(), NanoDollars::ZERO);
            }
        }
    }
}
