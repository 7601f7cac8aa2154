//! When keys were last used.
//!
//! A request only sets a flag ([`Mark`]), and only if the flag is not set yet. Twice a second the
//! flags become times ([`Uses::gather`]); a time that is more than a minute newer than the stored
//! one is written ([`Uses::due`]).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::model::{ApiKey, KeyId, Timestamp};
use crate::store::KeyUse;

/// The precision of a key's last use in the store: it is written at most this often.
const EXACT_TO: Duration = Duration::from_secs(60);

/// Whether a key was used since the last check.
#[derive(Debug, Default)]
pub(super) struct Mark(AtomicBool);

impl Mark {
    /// Sets the flag.
    pub(super) fn leave(&self) {
        // Many threads do this at once; a read is cheaper than a write.
        if !self.0.load(Ordering::Relaxed) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    fn take(&self) -> bool {
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
}

/// The last uses that are not stored yet: at most one time for each existing key.
#[derive(Debug, Default)]
pub(super) struct Uses(Mutex<HashMap<KeyId, Timestamp>>);

impl Uses {
    /// Converts the flags of these keys into uses at `now`.
    pub(super) fn gather<'a>(
        &self,
        marks: impl Iterator<Item = (KeyId, &'a Mark)>,
        now: Timestamp,
    ) {
        let used = marks.filter(|(_, mark)| mark.take());
        self.0.lock().extend(used.map(|(id, _)| (id, now)));
    }

    /// Takes the uses that are due, given these keys as the store has them. A use that then cannot
    /// be written is lost; the next use replaces it.
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
                // Another server has stored a later use.
                Some(known) if known >= at => {}
                Some(known) if now.since(known) < EXACT_TO => {
                    early.insert(key.id, at);
                }
                _ => due.push(KeyUse { id: key.id, at }),
            }
        }
        // The remaining entries belong to deleted keys.
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
    fn last_use_is_precise_to_the_minute_and_written_at_most_once_a_minute() {
        let mut key = Fixtures::new().key("ci");
        let (uses, mark) = (Uses::default(), Mark::default());
        let start = Timestamp::from_millis(1_769_868_309_123);
        let mut writes = Vec::new();
        for half in 0..=600 {
            let now = start + half * SECOND / 2;
            // Used continuously for two minutes, then once more a minute later.
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
    fn a_later_use_stored_by_another_server_is_kept() {
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
    fn uses_of_deleted_keys_are_dropped() {
        let key = Fixtures::new().key("ci");
        let (uses, mark) = (Uses::default(), Mark::default());
        mark.leave();
        uses.gather([(key.id, &mark)].into_iter(), Timestamp::default());
        assert_eq!(uses.due(std::iter::empty(), Timestamp::default()), []);
        assert!(uses.0.lock().is_empty());
    }
}
