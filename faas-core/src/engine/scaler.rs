//! Asks the scaling policy and carries out what it decides; and, once a second, publishes the live
//! metrics.
//!
//! The policy is asked at every tick. While executions wait and there may be more instances, it is
//! asked more often, beginning when the first of them begins to wait.
//!
//! A policy that panics does not end scaling. The default policy decides in its place, the platform
//! is not ready, and the failed policy is asked again after a second, then after longer pauses. When
//! it answers, it decides again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Engine;
use super::counters::Seen;
use super::record::Record;
use crate::events::{EventKind, LiveMetrics};
use crate::model::{ScalingAction, ScalingEvent};
use crate::scaling::{Decision, QueueDriven, ScalingPolicy, Snapshot};

/// The first and the longest pause before a policy that panicked is asked again.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Whether the scaling policy works.
#[derive(Debug, Default)]
pub(crate) struct ScalingHealth(AtomicBool);

impl ScalingHealth {
    /// Whether it panicked when it was asked last.
    pub(crate) fn is_failing(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The configured policy, and what decides while it fails.
struct Guarded {
    policy: Box<dyn ScalingPolicy>,
    failed: Option<Failed>,
}

/// A policy that panicked.
struct Failed {
    fallback: QueueDriven,
    /// When to ask the policy again, and the pause after which that is.
    retry_at: Duration,
    pause: Duration,
}

impl Guarded {
    fn decide(&mut self, snapshot: &Snapshot, health: &ScalingHealth) -> Decision {
        let is_due = |failed: &Failed| failed.retry_at <= snapshot.at;
        if self.failed.as_ref().is_none_or(is_due) {
            match catch_unwind(AssertUnwindSafe(|| self.policy.decide(snapshot))) {
                Ok(decision) => {
                    if self.failed.take().is_some() {
                        tracing::info!("the scaling policy works again");
                        health.0.store(false, Ordering::Relaxed);
                    }
                    return decision;
                }
                Err(_) => self.fail(snapshot.at, health),
            }
        }
        match &mut self.failed {
            Some(failed) => failed.fallback.decide(snapshot),
            None => Decision::Hold,
        }
    }

    fn fail(&mut self, at: Duration, health: &ScalingHealth) {
        health.0.store(true, Ordering::Relaxed);
        let pause = match &self.failed {
            None => PAUSES.0,
            Some(failed) => (failed.pause * 2).min(PAUSES.1),
        };
        tracing::error!(
            retry_after = ?pause,
            "the scaling policy panicked: the default policy decides until it works again"
        );
        let fallback = self.failed.take().map(|failed| failed.fallback);
        self.failed = Some(Failed {
            fallback: fallback.unwrap_or_default(),
            retry_at: at + pause,
            pause,
        });
    }
}

/// The scaler's task.
pub(super) async fn scale(engine: Engine, policy: Box<dyn ScalingPolicy>) {
    let options = &engine.0.options;
    let start = engine.0.clock.monotonic();
    let mut policy = Guarded {
        policy,
        failed: None,
    };
    loop {
        wait(&engine).await;
        let (depth, pressure) = (engine.depth(), engine.0.queue.pressure());
        let snapshot = Snapshot {
            at: engine.0.clock.monotonic().saturating_sub(start),
            queued: pressure.queued,
            startable: pressure.startable,
            oldest_wait: pressure.oldest_wait,
            running: depth.running,
            instances: depth.instances,
            min_instances: options.min_instances,
            max_instances: options.max_instances,
        };
        let decision = policy.decide(&snapshot, &engine.0.scaling_health);
        let Decision::Scale { instances, reason } = decision else {
            continue;
        };
        let target = instances.clamp(options.min_instances, options.max_instances);
        let action = match target.cmp(&depth.instances) {
            std::cmp::Ordering::Greater => ScalingAction::Up,
            std::cmp::Ordering::Less => ScalingAction::Down,
            std::cmp::Ordering::Equal => continue,
        };
        engine.0.queue.set_instances(target);
        engine.dispatch();
        tracing::info!(instances = target, reason, "{}", action.as_str());
        let now = engine.0.clock.now();
        let event = ScalingEvent {
            id: engine.0.ids.scaling_event(now),
            function_id: None,
            action,
            instance_count: u32::try_from(target).unwrap_or(u32::MAX),
            at: now,
            reason,
        };
        engine
            .0
            .recorder
            .send(Record::Scaling(Arc::new(event)))
            .await;
    }
}

/// Waits until the policy is to be asked again.
async fn wait(engine: &Engine) {
    let options = &engine.0.options;
    let tick = engine.0.clock.sleep(options.scaling_tick);
    if engine.depth().instances >= options.max_instances {
        return tick.await;
    }
    tokio::select! {
        () = tick => {}
        () = async {
            engine.0.queue.pressed().await;
            engine.0.clock.sleep(options.scaling_busy_tick).await;
        } => {}
    }
}

/// The task that publishes the live metrics.
pub(super) async fn tick(engine: Engine) {
    let mut before = Seen::default();
    loop {
        engine.0.clock.sleep(Duration::from_secs(1)).await;
        let now = engine.0.clock.monotonic();
        let seen = engine.0.counters.ended(|ended| ended.seen());
        let last = std::mem::replace(&mut before, seen);
        if !engine.0.events.has_subscribers() {
            continue;
        }
        let [p50, p95, p99] = engine.0.counters.ended(|ended| ended.percentiles(now));
        let depth = engine.depth();
        let metrics = LiveMetrics {
            queued: depth.queued,
            running: depth.running,
            waiting: depth.waiting,
            instances: depth.instances,
            completed: seen.completed - last.completed,
            failed: seen.failed - last.failed,
            cold_starts: seen.cold_starts - last.cold_starts,
            p50,
            p95,
            p99,
            warm_isolates: engine.0.runtimes.stats().warm_isolates,
        };
        engine.0.events.publish(
            engine.0.clock.now(),
            [EventKind::Metrics(Arc::new(metrics))],
        );
    }
}
