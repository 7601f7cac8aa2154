//! The messages that wait to be sent to one client, and the memory that they hold.
//!
//! A slow client keeps the messages of a batch in memory until it has received them. All
//! connections share one budget of bytes for that; an event that no longer fits is replaced by a
//! `gap`. A long message is sent in fragments, so that a connection's write buffer holds a fragment
//! and not a second copy of the message.

use std::sync::Arc;

use bytes::Bytes;
use faas_core::events::{Event, Received};
use faas_core::model::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::request::Filter;
use crate::wire;

/// Messages up to this many bytes do not count: they are bounded by the number of connections.
const SMALL: usize = 4 << 10;

/// The longest fragment of a message, in bytes.
pub(crate) const FRAGMENT: usize = 32 << 10;

/// The bytes that messages may hold while they wait to be sent, over all connections.
#[derive(Clone)]
pub(crate) struct SendBudget {
    free: Arc<Semaphore>,
    total: usize,
}

impl SendBudget {
    /// A budget of `total` bytes.
    pub(crate) fn new(total: usize) -> Self {
        let total = total.min(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(total)),
            total,
        }
    }

    /// The bytes that are in use.
    pub(crate) fn in_use(&self) -> usize {
        self.total.saturating_sub(self.free.available_permits())
    }

    /// Reserves room for `text`, or gives `None` when there is too little.
    fn reserve(&self, text: Bytes) -> Option<Outgoing> {
        let permit = if text.len() <= SMALL {
            None
        } else {
            let bytes = u32::try_from(text.len()).ok()?;
            Some(self.free.clone().try_acquire_many_owned(bytes).ok()?)
        };
        Some(Outgoing { text, permit })
    }
}

/// A message, with its part of the budget.
pub(crate) struct Outgoing {
    text: Bytes,
    #[expect(dead_code, reason = "held until the message is sent, then given back")]
    permit: Option<OwnedSemaphorePermit>,
}

impl Outgoing {
    /// A short message, which does not count.
    pub(crate) fn short(text: Bytes) -> Self {
        Self { text, permit: None }
    }

    /// The WebSocket frames of the message: one, or several fragments of a long one.
    pub(crate) fn frames(&self) -> impl Iterator<Item = Message> + use<> {
        let mut rest = self.text.clone();
        let mut opcode = Data::Text;
        let mut is_done = false;
        std::iter::from_fn(move || {
            if is_done {
                return None;
            }
            let chunk = rest.split_to(FRAGMENT.min(rest.len()));
            is_done = rest.is_empty();
            let frame = Frame::message(chunk, OpCode::Data(opcode), is_done);
            opcode = Data::Continue;
            Some(Message::Frame(frame))
        })
    }
}

/// Encodes what was received from the bus. The events themselves are dropped here.
pub(crate) fn encode(
    received: Received,
    filter: &Filter,
    budget: &SendBudget,
    now: Timestamp,
    epoch: u64,
) -> Vec<Outgoing> {
    let events = match received {
        Received::Gap { from, to } => {
            return vec![Outgoing::short(wire::gap(from, to, now, epoch))];
        }
        Received::Events(events) => events,
        Received::Ended => return Vec::new(),
    };
    let mut messages = Vec::with_capacity(events.len());
    let mut missed: Option<(u64, u64)> = None;
    for event in events.into_iter().filter(|event| filter.wants(event)) {
        let Some(text) = wire::encoded(&event, epoch) else {
            continue;
        };
        match budget.reserve(text) {
            Some(message) => {
                messages.extend(missed.take().map(|missed| gap(missed, now, epoch)));
                messages.push(message);
            }
            None => missed = Some(extend(missed, &event)),
        }
    }
    messages.extend(missed.map(|missed| gap(missed, now, epoch)));
    messages
}

/// The range of missed events with `event` at its end.
fn extend(missed: Option<(u64, u64)>, event: &Event) -> (u64, u64) {
    (missed.map_or(event.seq, |(from, _)| from), event.seq)
}

fn gap((from, to): (u64, u64), now: Timestamp, epoch: u64) -> Outgoing {
    Outgoing::short(wire::gap(from, to, now, epoch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_sent_in_fragments_that_add_up_to_it() {
        for length in [0, 1, FRAGMENT, FRAGMENT + 1, 5 * FRAGMENT - 1] {
            let text = Bytes::from(vec![b'x'; length]);
            let frames: Vec<_> = Outgoing::short(text.clone()).frames().collect();
            assert_eq!(frames.len(), length.div_ceil(FRAGMENT).max(1));
            let mut whole = Vec::new();
            for (index, message) in frames.iter().enumerate() {
                let Message::Frame(frame) = message else {
                    panic!("{message:?} is not a frame")
                };
                let header = frame.header();
                assert_eq!(header.is_final, index + 1 == frames.len());
                let expected = if index == 0 {
                    Data::Text
                } else {
                    Data::Continue
                };
                assert_eq!(header.opcode, OpCode::Data(expected));
                whole.extend_from_slice(frame.payload());
            }
            assert_eq!(whole, text);
        }
    }

    #[test]
    fn the_budget_is_given_back_when_a_message_is_dropped() {
        let budget = SendBudget::new(3 * SMALL);
        let text = Bytes::from(vec![b'x'; 2 * SMALL]);
        let first = budget.reserve(text.clone()).unwrap();
        assert_eq!(budget.in_use(), 2 * SMALL);
        assert!(budget.reserve(text.clone()).is_none());
        assert!(budget.reserve(Bytes::from_static(b"short")).is_some());
        drop(first);
        assert_eq!(budget.in_use(), 0);
        assert!(budget.reserve(text).is_some());
    }
}
