//! Asks the scaling policy at every tick and carries out what it decides; and, once a second, tells
//! whoever listens how things are.

use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use super::counters::Seen;
use super::record::Record;
use crate::events::{EventKind, LiveMetrics};
use crate::model::{ScalingAction, ScalingEvent};
use crate::scaling::{Decision, ScalingPolicy, Snapshot};

/// The scaler's task.
pub(super) async fn scale(engine: Engine, mut policy: Box<dyn ScalingPolicy>) {
    let options = &engine.0.options;
    let start = engine.0.clock.monotonic();
    loop {
        engine.0.clock.sleep(options.scaling_tick).await;
        let depth = engine.depth();
        let snapshot = Snapshot {
            at: engine.0.clock.monotonic().saturating_sub(start),
            queued: depth.queued,
            running: depth.running,
            instances: depth.instances,
            min_instances: options.min_instances,
            max_instances: options.max_instances,
        };
        let Decision::Scale { instances, reason } = policy.decide(&snapshot) else {
            continue;
        };
        let target = instances.clamp(options.min_instances, options.max_instances);
        engine.0.instances.resize(&engine, target);
        let reached = engine.depth().instances;
        let action = match reached.cmp(&depth.instances) {
            std::cmp::Ordering::Greater => ScalingAction::Up,
            std::cmp::Ordering::Less => ScalingAction::Down,
            std::cmp::Ordering::Equal => continue,
        };
        tracing::info!(instances = reached, reason, "{}", action.as_str());
        let now = engine.0.clock.now();
        let event = ScalingEvent {
            id: engine.0.ids.scaling_event(now),
            function_id: None,
            action,
            instance_count: u32::try_from(reached).unwrap_or(u32::MAX),
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
            instances: depth.instances,
            completed: seen.completed - last.completed,
            failed: seen.failed - last.failed,
            cold_starts: seen.cold_starts - last.cold_starts,
            p50,
            p95,
            p99,
            warm_isolates: engine.0.runtime.stats().warm_isolates,
        };
        engine.0.events.publish(
            engine.0.clock.now(),
            [EventKind::Metrics(Arc::new(metrics))],
        );
    }
}
