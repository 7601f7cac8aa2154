//! The tasks of a running load test.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Place, expected};
use crate::cost::{Estimate, estimate};
use crate::engine::{Engine, Request};
use crate::events::EventKind;
use crate::load_test::{NewLoadTest, Tally, Template};
use crate::model::{Basis, LoadEstimate, LoadTest, LoadTestStatus, Tier};

/// How often the result so far is stored and published.
const LOOK: Duration = Duration::from_secs(1);
/// How long a caller that was refused waits before its next call.
const PAUSE: Duration = Duration::from_millis(100);
/// How many calls are made first where a function has no history. The first is a cold start, so that
/// the median is that of a warm one.
const PROBES: u64 = 3;
/// No further probe is made once they have taken this part of the test's duration.
const PROBING: u32 = 10;
/// The most scaling events in a result.
const SCALING_EVENTS: usize = 1_000;

/// What the tasks of a test share.
struct Calls {
    engine: Engine,
    new: NewLoadTest,
    tier: Tier,
    template: Template,
    /// Set when the probes are over and the callers start.
    begun: OnceLock<Begun>,
    stop: CancellationToken,
    next: AtomicU64,
    tally: Mutex<Tally>,
    /// Made from the probes, and not reported yet.
    estimate: Mutex<Option<LoadEstimate>>,
}

#[derive(Debug, Clone, Copy)]
struct Begun {
    /// On the monotonic clock.
    at: Duration,
    /// How many probes there were.
    probes: u64,
}

/// The task of one test.
pub(super) async fn run(engine: Engine, place: Place, mut test: LoadTest, tier: Tier) {
    let calls = Arc::new(Calls {
        new: NewLoadTest {
            concurrency: test.concurrency,
            duration: test.duration,
            rate: test.rate,
            input: test.input.clone(),
            ..NewLoadTest::new(test.function_id)
        },
        tier,
        template: Template::new(&test.input),
        begun: OnceLock::new(),
        stop: place.stop.clone(),
        next: AtomicU64::new(0),
        tally: Mutex::new(Tally::new()),
        estimate: Mutex::new(None),
        engine: engine.clone(),
    });
    let has_history = test.estimate.basis != Basis::Default;
    let ended = async {
        let probes = if has_history { 0 } else { probe(&calls).await };
        let at = engine.0.clock.monotonic();
        let begun = *calls.begun.get_or_init(|| Begun { at, probes });
        let mut callers = JoinSet::new();
        for _ in 0..calls.new.concurrency {
            callers.spawn(call_on(calls.clone(), begun));
        }
        while callers.join_next().await.is_some() {}
    };
    tokio::pin!(ended);
    loop {
        tokio::select! {
            () = &mut ended => break,
            () = engine.0.stopping.cancelled() => return,
            () = engine.0.clock.sleep(LOOK) => {}
        }
        if calls.stop.is_cancelled() {
            test.status = LoadTestStatus::Stopping;
        }
        look(&engine, &calls, &mut test).await;
    }
    calls.count_those_not_begun();
    test.status = if calls.stop.is_cancelled() {
        LoadTestStatus::Stopped
    } else {
        LoadTestStatus::Completed
    };
    test.ended_at = Some(engine.0.clock.now());
    look(&engine, &calls, &mut test).await;
}

/// Makes a few calls, one after the other, and estimates the test from them. Returns how many.
async fn probe(calls: &Calls) -> u64 {
    let clock = &calls.engine.0.clock;
    let begin = clock.monotonic();
    let mut durations = Vec::new();
    let mut probes = 0;
    while probes < PROBES && !calls.stop.is_cancelled() {
        let before = clock.monotonic();
        let input = calls.template.render(probes);
        let outcome = calls
            .engine
            .invoke(calls.new.function, Request::once(input, None))
            .await;
        let now = clock.monotonic();
        calls.tally.lock().add(now.saturating_sub(before), &outcome);
        durations.extend(outcome.ok().map(|execution| execution.duration));
        probes += 1;
        if now.saturating_sub(begin) > calls.new.duration / PROBING {
            break;
        }
    }
    if !durations.is_empty() {
        let bytes = calls.template.render(probes).len() as u64;
        let book = &calls.engine.0.price_book;
        let one = Estimate {
            basis: Basis::Probe,
            ..estimate(calls.tier, bytes, None, &durations, book)
        };
        *calls.estimate.lock() = Some(expected(&calls.new, &one, &calls.engine));
    }
    probes
}

/// Ends a second: stores and publishes the result so far.
async fn look(engine: &Engine, calls: &Calls, test: &mut LoadTest) {
    let now = engine.0.clock.now();
    let elapsed = calls.elapsed();
    if let Some(estimate) = calls.estimate.lock().take() {
        test.estimate = estimate;
    }
    test.result = {
        let mut tally = calls.tally.lock();
        tally.end_second(engine.depth().instances);
        tally.result(elapsed)
    };
    test.updated_at = now;
    let events = engine
        .0
        .store
        .scaling_events(test.created_at, SCALING_EVENTS);
    let stored = match events.await {
        Ok(events) => {
            test.result.scaling_events = events;
            test.result.scaling_events.reverse();
            engine.0.store.put_load_test(test).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = stored {
        tracing::warn!(%error, load_test_id = %test.id, "cannot store a load test");
    }
    let told = Arc::new(test.clone());
    let event = if test.status.is_terminal() {
        EventKind::LoadTestFinished(told)
    } else {
        EventKind::LoadTestProgress(told)
    };
    engine.0.events.publish(now, [event]);
}

/// The task of one caller.
async fn call_on(calls: Arc<Calls>, begun: Begun) {
    let clock = &calls.engine.0.clock;
    let duration = calls.new.duration;
    loop {
        let elapsed = clock.monotonic().saturating_sub(begun.at);
        if calls.stop.is_cancelled() || elapsed >= duration {
            return;
        }
        let index = calls.next.fetch_add(1, Ordering::Relaxed);
        let due = match calls.due(index) {
            Some(due) if due >= duration => return,
            Some(due) => {
                tokio::select! {
                    () = clock.sleep_until(begun.at + due) => {}
                    () = calls.stop.cancelled() => return,
                }
                due
            }
            None => elapsed,
        };
        let input = calls.template.render(begun.probes + index);
        let outcome = calls
            .engine
            .invoke(calls.new.function, Request::once(input, None))
            .await;
        let ended = clock.monotonic().saturating_sub(begun.at);
        let response_time = ended.saturating_sub(due);
        calls.tally.lock().add(response_time, &outcome);
        if outcome.is_err() {
            tokio::select! {
                () = clock.sleep(PAUSE) => {}
                () = calls.stop.cancelled() => return,
            }
        }
    }
}

impl Calls {
    /// How long the callers have been calling.
    fn elapsed(&self) -> Duration {
        let now = self.engine.0.clock.monotonic();
        let begun = self.begun.get();
        begun.map_or(Duration::ZERO, |begun| now.saturating_sub(begun.at))
    }

    /// In an open loop, counts the calls that were due and that no caller had time for.
    fn count_those_not_begun(&self) {
        let elapsed = self.elapsed();
        let mut tally = self.tally.lock();
        for index in self.next.load(Ordering::Relaxed).. {
            match self.due(index) {
                Some(due) if due < elapsed.min(self.new.duration) => {
                    tally.add_not_begun(elapsed.saturating_sub(due));
                }
                _ => return,
            }
        }
    }

    /// When the call with this number is due, since the beginning; `None` in a closed loop.
    #[expect(clippy::cast_precision_loss, reason = "a time to the microsecond")]
    fn due(&self, index: u64) -> Option<Duration> {
        let rate = self.new.rate?;
        Duration::try_from_secs_f64(index as f64 / rate).ok()
    }
}
