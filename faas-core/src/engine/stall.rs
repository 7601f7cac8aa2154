//! Detects pauses of the whole process, so that calls are neither billed for them nor timed out by
//! them.
//!
//! A process that is stopped (`SIGSTOP`, a suspended virtual machine) does not run, but
//! `CLOCK_MONOTONIC` does. The watchdog reports a beat every few milliseconds. When two beats lie
//! more than a second further apart than they should, the process did not run in between, and that
//! time is not *active* time. Shorter delays are what a busy machine causes; they count as active. A
//! host that blocks its tokio runtime for more than a second has the same effect as a pause.

use std::time::Duration;

use parking_lot::Mutex;

/// The time between two beats.
pub(super) const BEAT: Duration = Duration::from_millis(20);
/// A beat that is late by no more than this is an ordinary delay.
const ORDINARY_DELAY: Duration = Duration::from_secs(1);

/// Measures the time during which the process could run.
#[derive(Debug)]
pub(super) struct StallDetector(Mutex<Beats>);

#[derive(Debug)]
struct Beats {
    /// When the latest beat came, on the monotonic clock.
    latest: Duration,
    /// The sum of all pauses before it.
    paused: Duration,
}

impl Beats {
    /// The sum of all pauses up to `now`, with the one that the latest beat has not reported yet.
    fn paused(&self, now: Duration) -> Duration {
        let late = now.saturating_sub(self.latest + BEAT);
        if late > ORDINARY_DELAY {
            self.paused + late
        } else {
            self.paused
        }
    }
}

impl StallDetector {
    pub(super) const fn new(now: Duration) -> Self {
        Self(Mutex::new(Beats {
            latest: now,
            paused: Duration::ZERO,
        }))
    }

    /// Reports that the process runs. Returns the active time.
    pub(super) fn beat(&self, now: Duration) -> Duration {
        let mut beats = self.0.lock();
        beats.paused = beats.paused(now);
        beats.latest = now;
        now.saturating_sub(beats.paused)
    }

    /// The monotonic time `now` without all pauses. Between two beats it can go back by the length
    /// of a pause once that is detected, so subtract with saturation.
    pub(super) fn active(&self, now: Duration) -> Duration {
        now.saturating_sub(self.0.lock().paused(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn late_beats_of_a_busy_machine_count_as_active_time() {
        let stalls = StallDetector::new(Duration::ZERO);
        for now in [20, 500, 1_500, 1_520] {
            assert_eq!(stalls.beat(millis(now)), millis(now));
        }
        assert_eq!(stalls.active(millis(1_530)), millis(1_530));
    }

    #[test]
    fn a_pause_is_not_active_time_whether_or_not_a_beat_has_followed_it() {
        let stalls = StallDetector::new(Duration::ZERO);
        stalls.beat(millis(100));
        assert_eq!(stalls.active(millis(60_120)), millis(120));
        assert_eq!(stalls.beat(millis(60_130)), millis(120));
        assert_eq!(stalls.active(millis(60_150)), millis(140));
        assert_eq!(stalls.active(millis(90_150)), millis(140));
    }
}
