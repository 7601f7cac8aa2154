//! The event bus and its subscribers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Event, EventKind};
use crate::model::Timestamp;

/// The maximum number of events in the ring.
const MAX_EVENTS: usize = 8_192;
/// The maximum size of the events in the ring, in bytes.
const MAX_BYTES: usize = 16 << 20;
/// How long events are kept after the last subscriber leaves, so that it can resume.
const LINGER: Duration = Duration::from_secs(60);

/// Publishes events to subscribers. Clones share the ring.
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
    /// The start of the platform, in Unix milliseconds. A subscriber cannot resume from another
    /// epoch.
    epoch: u64,
    ring: Mutex<Ring>,
    published: Notify,
    subscribers: AtomicUsize,
}

#[derive(Debug)]
struct Ring {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
    /// The sequence number of the next event.
    next: u64,
    /// When there was last a subscriber.
    subscribed: Option<Timestamp>,
    closed: bool,
}

impl Shared {
    fn close(&self) {
        self.ring.lock().closed = true;
        self.published.notify_waiters();
    }
}

/// The last event that a subscriber has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The start of the platform, in Unix milliseconds.
    pub epoch: u64,
    /// The event's sequence number.
    pub seq: u64,
}

/// What a subscriber receives.
#[derive(Debug, Clone)]
pub enum Received {
    /// The next events in order, at least one.
    Events(Vec<Arc<Event>>),
    /// The events `from..=to` were dropped.
    Gap {
        /// The first missing event.
        from: u64,
        /// The last missing event.
        to: u64,
    },
    /// The platform has ended; no event follows.
    Ended,
}

impl EventBus {
    /// Creates an empty ring; its epoch starts at `now`.
    pub fn new(now: Timestamp) -> Self {
        let ring = Ring {
            events: VecDeque::with_capacity(1024),
            bytes: 0,
            next: 1,
            subscribed: None,
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

    /// Ends the stream: subscribers receive the remaining events and then [`Received::Ended`]. The
    /// platform calls this after its shutdown.
    pub fn close(&self) {
        self.shared.close();
    }

    /// Returns the start of the platform, in Unix milliseconds.
    pub fn epoch(&self) -> u64 {
        self.shared.epoch
    }

    /// Returns whether there is a subscriber.
    pub fn has_subscribers(&self) -> bool {
        self.shared.subscribers.load(Ordering::Relaxed) > 0
    }

    /// Publishes `events` in order. Never waits for a subscriber: the oldest events are dropped to
    /// make room. After a minute without subscribers, events are numbered but not kept.
    pub fn publish(&self, at: Timestamp, events: impl IntoIterator<Item = EventKind>) {
        let mut dropped = Vec::new();
        let mut ring = self.shared.ring.lock();
        if ring.closed {
            return;
        }
        if self.has_subscribers() {
            ring.subscribed = Some(at);
        } else if ring.subscribed.is_none_or(|last| at.since(last) > LINGER) {
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

    /// Subscribes from now on, or from the event after `since`. For a position of another epoch, or
    /// ahead of this one, the subscriber first receives one gap over all published events.
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

/// Reads events at its own speed.
#[derive(Debug)]
pub struct Subscriber {
    shared: Arc<Shared>,
    /// The sequence number of the next event to read.
    cursor: u64,
    /// A gap to report first.
    missed: Option<(u64, u64)>,
}

impl Subscriber {
    /// Returns at most `limit` of the next events, or the gap before them. Waits until there is an
    /// event or the platform has ended. Cancel safe: no event is lost.
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

    /// Returns at most `limit` of the next events, or the gap before them; `None` if there are none
    /// yet.
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
    fn a_subscriber_receives_all_later_events_in_order() {
        let bus = EventBus::new(Timestamp::default());
        bus.publish(Timestamp::default(), [tick()]);
        let mut subscriber = bus.subscribe(None);
        bus.publish(Timestamp::default(), [tick(), tick()]);
        assert_eq!(seqs(subscriber.try_next(10)), [2, 3]);
        assert!(subscriber.try_next(10).is_none());
    }

    #[test]
    fn a_slow_subscriber_receives_the_gap_and_then_the_remaining_events() {
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
    fn events_are_kept_for_a_minute_after_the_last_subscriber_and_not_longer() {
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
    async fn subscribers_receive_the_last_events_and_then_the_end() {
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
    fn a_subscriber_resumes_after_its_position_and_another_epoch_gives_one_gap() {
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
