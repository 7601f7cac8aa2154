//! The ring and its subscribers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Event, EventKind};
use crate::model::Timestamp;

/// The most events that the ring holds.
const MAX_EVENTS: usize = 8_192;
/// The most memory that they may hold, in bytes.
const MAX_BYTES: usize = 16 << 20;
/// How long events are kept after the last subscriber has gone, so that it can resume.
const LINGER: Duration = Duration::from_secs(60);

/// Takes events and gives them to its subscribers. Clones share the ring.
#[derive(Debug, Clone)]
pub struct EventBus {
    shared: Arc<Shared>,
    /// Closes the ring when the last clone is dropped.
    _open: Arc<Open>,
}

#[derive(Debug)]
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[derive(Debug)]
struct Shared {
    /// The start of the platform, in Unix milliseconds: events of another epoch cannot be resumed.
    epoch: u64,
    ring: Mutex<Ring>,
    published: Notify,
    subscribers: AtomicUsize,
}

#[derive(Debug)]
struct Ring {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
    /// The seq of the next event.
    next: u64,
    /// When there was a subscriber last.
    heard: Option<Timestamp>,
    closed: bool,
}

impl Shared {
    fn close(&self) {
        self.ring.lock().closed = true;
        self.published.notify_waiters();
    }
}

/// Where a subscriber is: the last event it has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The platform's start.
    pub epoch: u64,
    /// The event's number.
    pub seq: u64,
}

/// What a subscriber receives.
#[derive(Debug, Clone)]
pub enum Received {
    /// The next events, at least one, in order.
    Events(Vec<Arc<Event>>),
    /// The events `from..=to` are gone.
    Gap {
        /// The first that is missing.
        from: u64,
        /// The last that is missing.
        to: u64,
    },
    /// The platform has ended: no event will follow.
    Ended,
}

impl EventBus {
    /// An empty ring of an epoch that starts at `now`.
    pub fn new(now: Timestamp) -> Self {
        let ring = Ring {
            events: VecDeque::with_capacity(1024),
            bytes: 0,
            next: 1,
            heard: None,
            closed: false,
        };
        let epoch = u64::try_from(now.as_millis()).unwrap_or(0);
        let shared = Shared {
            epoch,
            ring: Mutex::new(ring),
            published: Notify::new(),
            subscribers: AtomicUsize::new(0),
        };
        let shared = Arc::new(shared);
        Self {
            _open: Arc::new(Open(shared.clone())),
            shared,
        }
    }

    /// Ends the stream: subscribers get what is left, and then [`Received::Ended`]. The platform does
    /// it once it has shut down.
    pub fn close(&self) {
        self.shared.close();
    }

    /// The platform's start, in Unix milliseconds.
    pub fn epoch(&self) -> u64 {
        self.shared.epoch
    }

    /// Whether there is a subscriber.
    pub fn has_subscribers(&self) -> bool {
        self.shared.subscribers.load(Ordering::Relaxed) > 0
    }

    /// Publishes `events` in order. Never waits for a subscriber: the oldest events make room. When there
    /// has been no subscriber for a minute, events are numbered and not kept.
    pub fn publish(&self, at: Timestamp, events: impl IntoIterator<Item = EventKind>) {
        let mut dropped = Vec::new();
        let mut ring = self.shared.ring.lock();
        if ring.closed {
            return;
        }
        if self.has_subscribers() {
            ring.heard = Some(at);
        } else if ring.heard.is_none_or(|heard| at.since(heard) > LINGER) {
            ring.next += events.into_iter().count() as u64;
            ring.bytes = 0;
            let dropped = std::mem::take(&mut ring.events);
            drop(ring);
            drop(dropped);
            return;
        }
        for kind in events {
            let seq = ring.next;
            ring.next += 1;
            ring.bytes += kind.weight();
            ring.events.push_back(Arc::new(Event {
                seq,
                at,
                kind,
                encoded: OnceLock::new(),
            }));
            while ring.events.len() > MAX_EVENTS
                || (ring.bytes > MAX_BYTES && ring.events.len() > 1)
            {
                let Some(oldest) = ring.events.pop_front() else {
                    break;
                };
                ring.bytes -= oldest.kind.weight();
                dropped.push(oldest);
            }
        }
        drop(ring);
        if self.has_subscribers() {
            self.shared.published.notify_waiters();
        }
    }

    /// Listens from now on, or from after `since` on. A position of another epoch, or ahead of this
    /// one, is answered with one gap over all that this epoch has published.
    pub fn subscribe(&self, since: Option<Position>) -> Subscriber {
        self.shared.subscribers.fetch_add(1, Ordering::Relaxed);
        let next = self.shared.ring.lock().next;
        let mut missed = None;
        let cursor = match since {
            None => next,
            Some(since) if since.epoch == self.shared.epoch && since.seq < next => since.seq + 1,
            Some(_) => {
                missed = (next > 1).then_some((1, next - 1));
                next
            }
        };
        Subscriber {
            shared: self.shared.clone(),
            cursor,
            missed,
        }
    }
}

/// Reads events at its own pace.
#[derive(Debug)]
pub struct Subscriber {
    shared: Arc<Shared>,
    /// The seq of the event to read next.
    cursor: u64,
    /// A gap to tell before anything else.
    missed: Option<(u64, u64)>,
}

impl Subscriber {
    /// The next events, at most `limit`, or the gap before them. Waits until there are any, or until the
    /// platform has ended. Cancelling it loses nothing.
    pub async fn next(&mut self, limit: usize) -> Received {
        let shared = self.shared.clone();
        loop {
            let published = shared.published.notified();
            tokio::pin!(published);
            published.as_mut().enable();
            if let Some(received) = self.try_next(limit) {
                return received;
            }
            published.await;
        }
    }

    /// The next events, at most `limit`, or the gap before them; `None` if there are none yet.
    pub fn try_next(&mut self, limit: usize) -> Option<Received> {
        if let Some((from, to)) = self.missed.take() {
            return Some(Received::Gap { from, to });
        }
        let ring = self.shared.ring.lock();
        if self.cursor >= ring.next {
            return ring.closed.then_some(Received::Ended);
        }
        let oldest = ring.events.front().map_or(ring.next, |event| event.seq);
        if self.cursor < oldest {
            let from = std::mem::replace(&mut self.cursor, oldest);
            return Some(Received::Gap {
                from,
                to: oldest - 1,
            });
        }
        let skip = usize::try_from(self.cursor - oldest).unwrap_or(usize::MAX);
        let events: Vec<_> = ring
            .events
            .iter()
            .skip(skip)
            .take(limit.max(1))
            .cloned()
            .collect();
        drop(ring);
        self.cursor += events.len() as u64;
        Some(Received::Events(events))
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.shared.subscribers.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::LiveMetrics;

    fn tick() -> EventKind {
        EventKind::Metrics(Arc::new(LiveMetrics::default()))
    }

    fn seqs(received: Option<Received>) -> Vec<u64> {
        match received {
            Some(Received::Events(events)) => events.iter().map(|event| event.seq).collect(),
            other => panic!("expected events, got {other:?}"),
        }
    }

    #[test]
    fn a_subscriber_gets_everything_from_now_on_in_order() {
        let bus = EventBus::new(Timestamp::default());
        bus.publish(Timestamp::default(), [tick()]);
        let mut subscriber = bus.subscribe(None);
        bus.publish(Timestamp::default(), [tick(), tick()]);
        assert_eq!(seqs(subscriber.try_next(10)), [2, 3]);
        assert!(subscriber.try_next(10).is_none());
    }

    #[test]
    fn a_slow_subscriber_is_told_what_it_missed_and_then_gets_the_rest() {
        let bus = EventBus::new(Timestamp::default());
        let mut subscriber = bus.subscribe(None);
        for _ in 0..MAX_EVENTS + 5 {
            bus.publish(Timestamp::default(), [tick()]);
        }
        assert!(matches!(
            subscriber.try_next(1),
            Some(Received::Gap { from: 1, to: 5 })
        ));
        assert_eq!(seqs(subscriber.try_next(2)), [6, 7]);
    }

    #[test]
    fn what_nobody_listened_to_for_a_minute_is_a_gap_and_what_was_missed_shortly_is_not() {
        let bus = EventBus::new(Timestamp::from_millis(77));
        let at = |second: i64| Timestamp::from_millis(second * 1000);
        let subscriber = bus.subscribe(None);
        bus.publish(at(0), [tick()]);
        drop(subscriber);
        bus.publish(at(60), [tick()]);
        let position = |seq| Some(Position { epoch: 77, seq });
        assert_eq!(seqs(bus.subscribe(position(1)).try_next(10)), [2]);
        bus.publish(at(121), [tick()]);
        let mut late = bus.subscribe(position(2));
        assert!(matches!(
            late.try_next(10),
            Some(Received::Gap { from: 3, to: 3 })
        ));
        bus.publish(at(122), [tick()]);
        assert_eq!(seqs(late.try_next(10)), [4]);
    }

    #[tokio::test]
    async fn a_subscriber_gets_the_last_events_and_then_the_end_when_the_platform_is_gone() {
        let bus = EventBus::new(Timestamp::default());
        let mut subscriber = bus.subscribe(None);
        let mut waiting = bus.subscribe(None);
        bus.publish(Timestamp::default(), [tick()]);
        assert!(matches!(waiting.next(9).await, Received::Events(_)));
        let waits = tokio::spawn(async move { waiting.next(9).await });
        tokio::task::yield_now().await;
        drop(bus.clone());
        assert!(!waits.is_finished());
        drop(bus);
        assert!(matches!(waits.await.unwrap(), Received::Ended));
        assert!(matches!(subscriber.next(9).await, Received::Events(_)));
        assert!(matches!(subscriber.next(9).await, Received::Ended));
        assert!(matches!(subscriber.try_next(9), Some(Received::Ended)));
    }

    #[test]
    fn a_subscriber_resumes_after_what_it_has_seen_and_another_epoch_is_one_gap() {
        let bus = EventBus::new(Timestamp::from_millis(77));
        let _listening = bus.subscribe(None);
        bus.publish(Timestamp::default(), (0..10).map(|_| tick()));
        let mut resumed = bus.subscribe(Some(Position { epoch: 77, seq: 8 }));
        assert_eq!(seqs(resumed.try_next(10)), [9, 10]);
        let mut foreign = bus.subscribe(Some(Position { epoch: 76, seq: 8 }));
        assert!(matches!(
            foreign.try_next(10),
            Some(Received::Gap { from: 1, to: 10 })
        ));
        assert!(foreign.try_next(10).is_none());
    }
}
