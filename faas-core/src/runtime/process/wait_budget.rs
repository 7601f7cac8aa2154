//! How much processor time a child may use while it says that it waits. It only has to finish its
//! system call; one that uses more computes without an instance.

use std::time::Duration;

use super::answer::Lost;

/// What a call may use in its waits.
const ONCE: Duration = Duration::from_millis(20);

/// How much more it may use for each wait.
const EACH: Duration = Duration::from_micros(200);

/// What one call has used in its waits.
#[derive(Debug, Default)]
pub(super) struct WaitBudget {
    /// In waits that are over, and their number.
    used: Duration,
    waits: u32,
}

impl WaitBudget {
    /// Returns how the child is lost, if it has used too much: `since` in the present wait.
    pub(super) fn check(&self, since: Duration) -> Option<Lost> {
        let used = self.used + since;
        let most = ONCE + EACH * self.waits;
        (used > most).then_some(Lost::Burnt(used))
    }

    /// Ends the present wait, in which the child has used `since`. Returns as [`Self::check`].
    pub(super) fn end_wait(&mut self, since: Duration) -> Option<Lost> {
        self.waits = self.waits.saturating_add(1);
        let lost = self.check(since);
        self.used += since;
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn a_child_may_finish_its_system_call_in_each_of_many_waits() {
        let mut budget = WaitBudget::default();
        for _ in 0..100_000 {
            assert!(budget.end_wait(MILLI / 10).is_none());
        }
    }

    #[test]
    fn a_child_that_computes_in_one_wait_or_a_little_in_each_is_lost() {
        assert!(WaitBudget::default().check(21 * MILLI).is_some());
        let mut budget = WaitBudget::default();
        let fine = (0..100).take_while(|_| budget.end_wait(15 * MILLI).is_none());
        assert_eq!(fine.count(), 1);
    }
}
