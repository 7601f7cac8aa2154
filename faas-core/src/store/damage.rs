//! Reports stored records that cannot be read.
//!
//! One unreadable record must not hide the others: a store shows what can be read of it, leaves out the
//! rest, and reports it here.

use std::collections::HashSet;
use std::fmt::Display;

use parking_lot::Mutex;

/// How many different records are reported.
const REPORTED: usize = 1_000;

/// Logs each unreadable record once, and no more than the first 1,000 of them, because lists read the
/// same records again and again.
#[derive(Debug, Default)]
pub struct DamageLog {
    reported: Mutex<HashSet<String>>,
}

impl DamageLog {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Logs that these parts of the record `id` of `collection` cannot be read. Returns whether it
    /// was logged.
    pub fn report(&self, collection: &str, id: &dyn Display, parts: &[&str]) -> bool {
        let mut reported = self.reported.lock();
        if reported.len() >= REPORTED || !reported.insert(format!("{collection} {id}")) {
            return false;
        }
        let is_last = reported.len() == REPORTED;
        drop(reported);
        let parts = parts.join(", ");
        tracing::warn!(collection, %id, parts, "a stored record is damaged: the rest of it is shown");
        if is_last {
            tracing::warn!(
                "{REPORTED} damaged records were logged: no more are until the next start"
            );
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_record_is_logged_once_and_not_more_than_a_thousand_are() {
        let log = DamageLog::new();
        assert!(log.report("executions", &0, &["input"]));
        assert!(!log.report("executions", &0, &["input"]));
        assert!(log.report("functions", &0, &["code"]));
        let logged = (1..2_000).filter(|id| log.report("executions", id, &["input"]));
        assert_eq!(logged.count(), REPORTED - 2);
    }
}
