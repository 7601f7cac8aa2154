//! Delivers the results of asynchronous executions to their destinations.
//!
//! A delivery is stored with its execution, in the commit that ends it, so that a crash loses none. One
//! task looks for deliveries that are due: when the recorder has committed one, when the next one is
//! due, and where others may have left some. It marks those that it makes as under way for a time,
//! [`LEASE`], so that other servers leave them alone; the store accepts one of two marks. When that time
//! is over, whoever looks next makes the delivery again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::Engine;
use super::targets::{self, Outcome};
use crate::error::Error;
use crate::model::{
    Delivery, DeliveryId, DeliveryState, Execution, ExecutionId, FollowUp, Target, Timestamp,
};

/// How many executions have deliveries under way at a time.
const AT_ONCE: usize = 64;
/// How many webhooks are under way to one host at a time.
const PER_HOST: usize = 8;
/// How long a delivery counts as under way. Longer than any attempt.
const LEASE: Duration = Duration::from_secs(60);
/// How often the store is asked for deliveries that others have left.
const LOOK: Duration = Duration::from_secs(5);
/// How often the store is asked where no other platform uses it: the clock may have been set.
const LOOK_ALONE: Duration = Duration::from_secs(60);
/// How long to wait after the store has failed.
const PAUSE: Duration = Duration::from_secs(1);
/// The waits before further attempts: seven attempts within 18 hours.
const WAITS: [Duration; 6] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3_600),
    Duration::from_secs(5 * 3_600),
    Duration::from_secs(10 * 3_600),
];
/// The longest wait that a receiver can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 3_600);

/// What the task shares with the recorder and its own tasks.
#[derive(Default)]
pub(super) struct Deliveries {
    wake: Notify,
    /// How many webhooks are under way to each host.
    hosts: Mutex<HashMap<Arc<str>, usize>>,
}

impl Deliveries {
    /// Some deliveries are due now.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }
}

impl Engine {
    /// Some deliveries are due now.
    pub(crate) fn wake_deliveries(&self) {
        self.0.deliveries.wake();
    }
}

/// A place among the webhooks that are under way to one host.
struct HostPlace<'a> {
    deliveries: &'a Deliveries,
    host: Arc<str>,
}

impl<'a> HostPlace<'a> {
    fn take(deliveries: &'a Deliveries, host: Arc<str>) -> Option<Self> {
        let mut hosts = deliveries.hosts.lock();
        let count = hosts.entry(host.clone()).or_default();
        if *count >= PER_HOST {
            return None;
        }
        *count += 1;
        Some(Self { deliveries, host })
    }
}

impl Drop for HostPlace<'_> {
    fn drop(&mut self) {
        let mut hosts = self.deliveries.hosts.lock();
        if let Some(count) = hosts.get_mut(&self.host) {
            *count -= 1;
            if *count == 0 {
                hosts.remove(&self.host);
            }
        }
    }
}

/// The task that makes deliveries.
pub(super) async fn deliver(engine: Engine) {
    let (clock, deliveries) = (&engine.0.clock, &engine.0.deliveries);
    let is_shared = engine.0.store.as_shared().is_some();
    let look = if is_shared { LOOK } else { LOOK_ALONE };
    // An earlier process may have left some marked as under way. Nobody else can have marked them.
    let mut left_over = if is_shared { Duration::ZERO } else { LEASE };
    let mut tasks = JoinSet::new();
    let mut under_way = HashSet::new();
    loop {
        let (moment, now) = (clock.monotonic(), clock.now());
        let found = engine
            .0
            .store
            .next_deliveries(AT_ONCE + under_way.len())
            .await;
        let wait = match found {
            Ok(found) => {
                let mut found = found.into_iter();
                loop {
                    let Some((due, id)) = found.next() else {
                        left_over = Duration::ZERO;
                        break look;
                    };
                    if due > now + left_over {
                        left_over = Duration::ZERO;
                        break due.since(now).min(look);
                    }
                    if tasks.len() >= AT_ONCE {
                        break look;
                    }
                    if under_way.insert(id) {
                        let (engine, takes_over) = (engine.clone(), !left_over.is_zero());
                        tasks.spawn(async move {
                            deliver_soon(&engine, id, takes_over).await;
                            id
                        });
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot look for deliveries that are due");
                PAUSE
            }
        };
        tokio::select! {
            () = deliveries.wake.notified(), if tasks.len() < AT_ONCE => {}
            () = clock.sleep_until(moment + wait), if tasks.len() < AT_ONCE => {}
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => match ended {
                Ok(id) => {
                    under_way.remove(&id);
                }
                // A task that panicked does not say which one it was.
                Err(_) => under_way.clear(),
            },
        }
    }
}

/// Makes the deliveries of one execution. Pauses if there was nothing to do, so that an execution whose
/// record is damaged does not keep the task busy.
async fn deliver_soon(engine: &Engine, id: ExecutionId, takes_over: bool) {
    match deliver_one(engine, id, takes_over).await {
        Ok(true) => return,
        Ok(false) => {}
        Err(error) => {
            tracing::warn!(%error, execution_id = %id, "a delivery could not be made");
        }
    }
    engine.0.clock.sleep(PAUSE).await;
}

/// Makes the deliveries of one execution that are due. `takes_over`: also those that an earlier process
/// has left. Returns whether there were some.
async fn deliver_one(engine: &Engine, id: ExecutionId, takes_over: bool) -> Result<bool, Error> {
    let now = engine.0.clock.now();
    let mut places = Vec::new();
    let taken = engine.change_follow_up(id, |execution, follow_up| {
        places.clear();
        Ok(take(
            engine,
            execution,
            follow_up,
            now,
            takes_over,
            &mut places,
        ))
    });
    let Some((execution, until)) = taken.await? else {
        return Ok(false);
    };
    let Some(follow_up) = &execution.follow_up else {
        return Ok(false);
    };
    if places.is_empty() {
        return Ok(true);
    }
    let mut attempts = Vec::new();
    for (index, place) in places {
        if let Some(delivery) = follow_up.deliveries.get(index) {
            let id = DeliveryId {
                execution: id,
                index,
            };
            let execution = &execution;
            attempts.push(async move {
                let outcome = targets::send(engine, execution, id, delivery).await;
                drop(place);
                (index, outcome)
            });
        }
    }
    let outcomes = futures_util::future::join_all(attempts).await;
    let at = engine.0.clock.now();
    engine
        .change_follow_up(id, |_, follow_up| {
            for (index, outcome) in &outcomes {
                // It may have been taken over meanwhile.
                let delivery = follow_up.deliveries.get_mut(*index);
                let delivery =
                    delivery.filter(|one| one.state == DeliveryState::Delivering { until });
                if let Some(delivery) = delivery {
                    settle(delivery, outcome, at);
                }
            }
            Ok(Some(()))
        })
        .await?;
    for (_, outcome) in &outcomes {
        let counters = &engine.0.counters;
        counters.add(match outcome {
            Outcome::Delivered { .. } => &counters.delivered,
            Outcome::Retry { .. } | Outcome::Failed { .. } => &counters.undelivered,
        });
    }
    Ok(true)
}

/// Marks the deliveries that are due as under way, and postpones those to hosts that have enough. Returns
/// until when they are under way; `None` if nothing is due.
fn take<'a>(
    engine: &'a Engine,
    execution: &Execution,
    follow_up: &mut FollowUp,
    now: Timestamp,
    takes_over: bool,
    places: &mut Vec<(usize, Option<HostPlace<'a>>)>,
) -> Option<Timestamp> {
    if !execution.status.is_terminal() {
        return None;
    }
    let until = now + LEASE;
    let mut is_changed = false;
    for (index, delivery) in follow_up.deliveries.iter_mut().enumerate() {
        let is_left = takes_over && matches!(delivery.state, DeliveryState::Delivering { .. });
        if !is_left && delivery.due().is_none_or(|due| due > now) {
            continue;
        }
        is_changed = true;
        let place = match &delivery.target {
            Target::Webhook(webhook) => {
                let host = targets::host_of(&webhook.url);
                match HostPlace::take(&engine.0.deliveries, host) {
                    Some(place) => Some(place),
                    None => {
                        let due = now + LOOK + LOOK.mul_f64(fastrand::f64());
                        delivery.state = DeliveryState::Pending { due };
                        continue;
                    }
                }
            }
            Target::Function(_) | Target::Binding(_) => None,
        };
        delivery.state = DeliveryState::Delivering { until };
        places.push((index, place));
    }
    is_changed.then_some(until)
}

/// What an attempt makes of its delivery.
fn settle(delivery: &mut Delivery, outcome: &Outcome, at: Timestamp) {
    match outcome {
        Outcome::Delivered {
            status,
            message,
            execution,
        } => {
            delivery.execution = *execution;
            delivery.succeed(at, *status, message);
        }
        Outcome::Failed { status, message } => delivery.fail(at, *status, message),
        Outcome::Retry {
            status,
            message,
            after,
        } => {
            let attempts = usize::try_from(delivery.attempt_count).unwrap_or(usize::MAX);
            match WAITS.get(attempts) {
                Some(wait) => {
                    // Deliveries that failed together are not repeated together.
                    let wait = wait.mul_f64(0.9 + 0.2 * fastrand::f64());
                    let after = after.unwrap_or_default().min(LONGEST_WAIT);
                    delivery.retry(at + wait.max(after), at, *status, message);
                }
                None => delivery.fail(at, *status, message),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Condition;

    #[test]
    fn a_delivery_is_tried_seven_times_within_a_day_and_then_fails() {
        let mut delivery = Delivery::new(Condition::End, Target::Function("f".into()));
        let mut at = Timestamp::from_millis(0);
        let retry = Outcome::Retry {
            status: Some(500),
            message: "status 500".to_owned(),
            after: None,
        };
        for _ in 0..6 {
            settle(&mut delivery, &retry, at);
            at = delivery.due().expect("another attempt");
        }
        settle(&mut delivery, &retry, at);
        assert_eq!(delivery.state, DeliveryState::Failed);
        assert_eq!(delivery.attempt_count, 7);
        assert_eq!(delivery.attempts.len(), Delivery::MAX_ATTEMPTS);
        assert!(at.since(Timestamp::from_millis(0)) < Duration::from_secs(24 * 3_600));
    }

    #[test]
    fn a_receiver_can_ask_for_a_longer_wait_up_to_ten_hours() {
        let wait = |seconds| {
            let mut delivery = Delivery::new(Condition::End, Target::Function("f".into()));
            let at = Timestamp::from_millis(0);
            let outcome = Outcome::Retry {
                status: Some(429),
                message: String::new(),
                after: Some(Duration::from_secs(seconds)),
            };
            settle(&mut delivery, &outcome, at);
            delivery.due().expect("another attempt").since(at)
        };
        assert_eq!(wait(120), Duration::from_secs(120));
        assert!(wait(1) >= Duration::from_millis(4_500));
        assert_eq!(wait(1 << 40), LONGEST_WAIT);
    }
}
