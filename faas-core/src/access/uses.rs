//! When keys were used last.
//!
//! A request only leaves a mark ([`Mark`]), which is a look at a flag when it is there already.
//! Twice a second marks become moments ([`Uses::gather`]), and those that the store does not know to
//! the minute are written ([`Uses::due`]).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::model::{ApiKey, KeyId, Timestamp};
use crate::store::KeyUse;

/// How exactly the store knows of the last use of a key: it is written no more often.
const EXACT_TO: Duration = Duration::from_secs(60);

/// That a key was used since somebody looked.
#[derive(Debug, Default)]
pub(super) struct Mark(AtomicBool);

impl Mark {
    /// Leaves it.
    pub(super) fn leave(&self) {
        // Many threads read it at once; they need not all write.
        if !self.0.load(Ordering::Relaxed) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    fn take(&self) -> bool {
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
}

/// What the store is yet to be told: of each key that there is at most one moment.
#[derive(Debug, Default)]
pub(super) struct Uses(Mutex<HashMap<KeyId, Timestamp>>);

impl Uses {
    /// Takes the marks of these keys as uses at `now`.
    pub(super) fn gather<'a>(
        &self,
        marks: impl Iterator<Item = (KeyId, &'a Mark)>,
        now: Timestamp,
    ) {
        let used = marks.filter(|(_, mark)| mark.take());
        self.0.lock().extend(used.map(|(id, _)| (id, now)));
    }

    /// Those to be written now, of these keys as the store has them. They are forgotten here: one
    /// that cannot be written is made up for by the next use.
    pub(super) fn due<'a>(
        &self,
        keys: impl Iterator<Item = &'a ApiKey>,
        now: Timestamp,
    ) -> Vec<KeyUse> {
        let mut pending = self.0.lock();
        let mut due = Vec::new();
        let mut early = HashMap::new();
        for key in keys {
            let Some(at) = pending.remove(&key.id) else {
                continue;
            };
            match key.last_used_at {
                // Another server has told of a later one.
                Some(known) if known >= at => {}
                Some(known) if now.since(known) < EXACT_TO => {
                    early.insert(key.id, at);
                }
                _ => due.push(KeyUse { id: key.id, at }),
            }
        }
        // What is left in it is of keys that are gone.
        *pending = early;
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::fixtures::Fixtures;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_use_is_known_to_the_minute_and_written_no_more_often() {
        let mut key = Fixtures::new().key("ci");
        let (uses, mark) = (Uses::default(), Mark::default());
        let start = Timestamp::from_millis(1_769_868_309_123);
        let mut writes = Vec::new();
        for half in 0..=600 {
            let now = start + half * SECOND / 2;
            // Used all the time for two minutes, then once more a minute later.
            if half < 240 || half == 361 {
                mark.leave();
            }
            uses.gather([(key.id, &mark)].into_iter(), now);
            for used in uses.due([&key].into_iter(), now) {
                key.last_used_at = Some(used.at);
                writes.push(used.at.since(start).as_millis());
            }
        }
        assert_eq!(writes, [0, 60_000, 119_500, 180_500]);
    }

    #[test]
    fn a_later_use_that_another_server_has_told_of_stands() {
        let mut key = Fixtures::new().key("ci");
        let (uses, mark) = (Uses::default(), Mark::default());
        let now = Timestamp::from_millis(1_769_868_309_123);
        mark.leave();
        uses.gather([(key.id, &mark)].into_iter(), now);
        key.last_used_at = Some(now + SECOND);
        assert_eq!(uses.due([&key].into_iter(), now + 90 * SECOND), []);
        key.last_used_at = None;
        assert_eq!(uses.due([&key].into_iter(), now + 90 * SECOND), []);
    }

    #[test]
    fn nothing_is_kept_of_a_key_that_is_gone() {
        let key = Fixtures::new().key("ci");
        let (uses, mark) = (Uses::default(), Mark::default());
        mark.leave();
        uses.gather([(key.id, &mark)].into_iter(), Timestamp::default());
        assert_eq!(uses.due(std::iter::empty(), Timestamp::default()), []);
        assert!(uses.0.lock().is_empty());
    }
}
