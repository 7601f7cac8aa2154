//! The default policy: a long queue adds an instance, a long calm gives one back.

use std::time::Duration;

use super::{Decision, ScalingPolicy, Snapshot, milliseconds};

/// The numbers of [`QueueDriven`].
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct QueueDrivenOptions {
    /// Add instances when more executions than this are queued.
    pub up_above: usize,
    /// How many instances to add at a time.
    pub up_step: usize,
    /// How long to wait after adding before adding again, in milliseconds in a file.
    #[serde(rename = "up_cooldown_ms", with = "milliseconds")]
    pub up_cooldown: Duration,
    /// Give instances back when fewer executions than this are queued or running ...
    pub down_below: usize,
    /// ... for this long without interruption, in milliseconds in a file. Each further step takes
    /// as long again.
    #[serde(rename = "down_after_ms", with = "milliseconds")]
    pub down_after: Duration,
    /// How long that must be once an instance was given back and had to be added again, without an
    /// idle moment in between: the calm deceived. In milliseconds in a file. An idle moment ends
    /// the caution.
    #[serde(rename = "down_after_undone_ms", with = "milliseconds")]
    pub down_after_undone: Duration,
    /// How many instances to give back at a time.
    pub down_step: usize,
    /// Give back only what the average load of that calm left idle. Without it, a constant load
    /// that needs two instances and never shows more than two executions would lose one of them
    /// and win it back for ever.
    pub keep_for_load: bool,
}

impl Default for QueueDrivenOptions {
    fn default() -> Self {
        Self {
            up_above: 10,
            up_step: 1,
            up_cooldown: Duration::from_secs(1),
            down_below: 3,
            down_after: Duration::from_secs(30),
            down_after_undone: Duration::from_secs(600),
            down_step: 1,
            keep_for_load: true,
        }
    }
}

impl QueueDrivenOptions {
    /// Checks that the numbers make sense together.
    ///
    /// # Errors
    /// Names the option that is wrong and what was expected.
    pub fn validate(&self) -> Result<(), String> {
        if self.up_step == 0 || self.down_step == 0 {
            return Err("up_step and down_step must be at least 1".to_owned());
        }
        if self.down_below > self.up_above.saturating_add(1) {
            return Err(format!(
                "down_below ({}) must be at most up_above + 1 ({}), or one load would mean both",
                self.down_below,
                self.up_above.saturating_add(1)
            ));
        }
        Ok(())
    }
}

/// Up by one when more than 10 executions are queued, and again after a cool-down while they still
/// are; down by one when fewer than 3 were queued or running for 30 s.
///
/// It sees the load only at each tick, and a constant load can look calm in all the ticks of half
/// a minute. Two rules keep it from flapping then: what the average of the calm needed is kept
/// ([`keep_for_load`](QueueDrivenOptions::keep_for_load)), and a calm that proved deceptive must
/// last longer the next time ([`down_after_undone`](QueueDrivenOptions::down_after_undone)).
///
/// ```
/// use std::time::Duration;
/// use faas_core::scaling::{Decision, QueueDriven, ScalingPolicy, Snapshot};
///
/// let decision = QueueDriven::default().decide(&Snapshot {
///     at: Duration::ZERO,
///     queued: 14,
///     running: 1,
///     instances: 1,
///     min_instances: 1,
///     max_instances: 10,
/// });
/// let reason = "queue length 14 > 10".to_owned();
/// assert_eq!(decision, Decision::Scale { instances: 2, reason });
/// ```
#[derive(Debug, Clone, Default)]
pub struct QueueDriven {
    options: QueueDrivenOptions,
    /// When instances were added last.
    raised_at: Option<Duration>,
    calm: Option<Calm>,
    trust: Trust,
}

/// Whether a calm means that there is less to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Trust {
    /// Nothing speaks against it.
    #[default]
    Full,
    /// Instances were given back, and there has been no idle moment since.
    OnTrial,
    /// They had to be added again.
    Deceived,
}

/// A span of time in which there was little to do.
#[derive(Debug, Clone, Copy)]
struct Calm {
    since: Duration,
    until: Duration,
    /// The load at `until`.
    load: usize,
    /// Load times nanoseconds, from `since` to `until`.
    area: u128,
}

impl Calm {
    fn starts(snapshot: &Snapshot) -> Self {
        Self {
            since: snapshot.at,
            until: snapshot.at,
            load: snapshot.load(),
            area: 0,
        }
    }

    fn goes_on(&mut self, snapshot: &Snapshot) {
        let step = snapshot.at.saturating_sub(self.until);
        self.area += self.load as u128 * step.as_nanos();
        self.until = snapshot.at;
        self.load = snapshot.load();
    }

    fn length(&self) -> Duration {
        self.until.saturating_sub(self.since)
    }

    /// The fewest instances that carry its average load.
    fn instances(&self) -> usize {
        let needed = self
            .area
            .checked_div(self.length().as_nanos())
            .map_or(self.load as u128, |_| {
                self.area.div_ceil(self.length().as_nanos())
            });
        usize::try_from(needed).unwrap_or(usize::MAX)
    }
}

impl QueueDriven {
    /// The policy with these numbers.
    pub fn new(options: QueueDrivenOptions) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    fn up(&mut self, snapshot: &Snapshot) -> Decision {
        let instances = snapshot.bounded(snapshot.instances.saturating_add(self.options.up_step));
        let cooling = self
            .raised_at
            .is_some_and(|at| snapshot.at.saturating_sub(at) < self.options.up_cooldown);
        if cooling || instances <= snapshot.instances {
            return Decision::Hold;
        }
        self.raised_at = Some(snapshot.at);
        if self.trust == Trust::OnTrial {
            self.trust = Trust::Deceived;
        }
        let reason = format!(
            "queue length {} > {}",
            snapshot.queued, self.options.up_above
        );
        Decision::Scale { instances, reason }
    }

    fn down(&mut self, snapshot: &Snapshot) -> Decision {
        if snapshot.load() == 0 {
            self.trust = Trust::Full;
        }
        let patience = match self.trust {
            Trust::Full | Trust::OnTrial => self.options.down_after,
            Trust::Deceived => self.options.down_after_undone,
        };
        let calm = self.calm.get_or_insert(Calm::starts(snapshot));
        calm.goes_on(snapshot);
        if calm.length() < patience {
            return Decision::Hold;
        }
        let needed = if self.options.keep_for_load {
            calm.instances()
        } else {
            0
        };
        let fewer = snapshot.instances.saturating_sub(self.options.down_step);
        let instances = snapshot.bounded(fewer.max(needed));
        // The next step down takes a calm of its own.
        self.calm = Some(Calm::starts(snapshot));
        if instances >= snapshot.instances {
            return Decision::Hold;
        }
        if snapshot.load() > 0 {
            self.trust = Trust::OnTrial;
        }
        let reason = format!(
            "{} queued or running < {} for {} s",
            snapshot.load(),
            self.options.down_below,
            patience.as_secs_f64()
        );
        Decision::Scale { instances, reason }
    }
}

impl ScalingPolicy for QueueDriven {
    fn decide(&mut self, snapshot: &Snapshot) -> Decision {
        if let Some(back) = snapshot.back_within_bounds() {
            return back;
        }
        if snapshot.queued > self.options.up_above {
            self.calm = None;
            return self.up(snapshot);
        }
        if snapshot.load() < self.options.down_below {
            return self.down(snapshot);
        }
        self.calm = None;
        Decision::Hold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64, queued: usize, running: usize, instances: usize) -> Snapshot {
        Snapshot {
            at: Duration::from_secs_f64(seconds),
            queued,
            running,
            instances,
            min_instances: 1,
            max_instances: 10,
        }
    }

    fn scale(instances: usize, reason: &str) -> Decision {
        let reason = reason.to_owned();
        Decision::Scale { instances, reason }
    }

    #[test]
    fn an_eleventh_queued_execution_adds_one_instance_and_a_tenth_does_not() {
        let mut policy = QueueDriven::default();
        assert_eq!(policy.decide(&at(0.0, 10, 1, 1)), Decision::Hold);
        assert_eq!(
            policy.decide(&at(0.2, 11, 1, 1)),
            scale(2, "queue length 11 > 10")
        );
    }

    #[test]
    fn a_queue_that_stays_long_adds_another_instance_after_the_cool_down_and_not_before() {
        let mut policy = QueueDriven::default();
        assert_ne!(policy.decide(&at(5.0, 14, 1, 1)), Decision::Hold);
        assert_eq!(policy.decide(&at(5.9, 14, 2, 2)), Decision::Hold);
        assert_eq!(
            policy.decide(&at(6.0, 14, 2, 2)),
            scale(3, "queue length 14 > 10")
        );
    }

    #[test]
    fn thirty_calm_seconds_give_one_instance_back_and_thirty_more_the_next() {
        let mut policy = QueueDriven::default();
        assert_eq!(policy.decide(&at(0.0, 1, 1, 4)), Decision::Hold);
        assert_eq!(policy.decide(&at(29.9, 1, 1, 4)), Decision::Hold);
        assert_eq!(
            policy.decide(&at(30.0, 1, 1, 4)),
            scale(3, "2 queued or running < 3 for 30 s")
        );
        assert_eq!(policy.decide(&at(59.9, 0, 0, 3)), Decision::Hold);
        assert_eq!(
            policy.decide(&at(60.0, 0, 0, 3)),
            scale(2, "0 queued or running < 3 for 30 s")
        );
    }

    #[test]
    fn a_moment_of_load_starts_the_thirty_seconds_again() {
        let mut policy = QueueDriven::default();
        for (seconds, load) in [(0.0, 0), (20.0, 3), (20.2, 0), (50.0, 0)] {
            assert_eq!(policy.decide(&at(seconds, 0, load, 2)), Decision::Hold);
        }
        assert_ne!(policy.decide(&at(50.2, 0, 0, 2)), Decision::Hold);
    }

    #[test]
    fn an_instance_that_the_load_needs_is_kept_unless_told_otherwise() {
        let busy = |policy: &mut QueueDriven| {
            policy.decide(&at(0.0, 0, 2, 2));
            policy.decide(&at(30.0, 0, 2, 2))
        };
        assert_eq!(busy(&mut QueueDriven::default()), Decision::Hold);
        let mut literal = QueueDriven::new(QueueDrivenOptions {
            keep_for_load: false,
            ..QueueDrivenOptions::default()
        });
        assert_eq!(
            busy(&mut literal),
            scale(1, "2 queued or running < 3 for 30 s")
        );
    }

    #[test]
    fn an_instance_that_was_given_back_too_early_is_kept_for_ten_minutes_or_until_idle() {
        let mut policy = QueueDriven::default();
        policy.decide(&at(0.0, 0, 1, 3));
        assert_ne!(policy.decide(&at(30.0, 0, 1, 3)), Decision::Hold);
        assert_ne!(policy.decide(&at(40.0, 11, 2, 2)), Decision::Hold);
        policy.decide(&at(50.0, 0, 1, 3));
        let mut idle = policy.clone();
        assert_eq!(policy.decide(&at(649.9, 0, 1, 3)), Decision::Hold);
        assert_eq!(
            policy.decide(&at(650.0, 0, 1, 3)),
            scale(2, "1 queued or running < 3 for 600 s")
        );
        assert_eq!(
            idle.decide(&at(80.0, 0, 0, 3)),
            scale(2, "0 queued or running < 3 for 30 s")
        );
    }

    #[test]
    fn a_number_outside_the_bounds_is_brought_back_within_them() {
        let mut policy = QueueDriven::default();
        assert_eq!(
            policy.decide(&at(0.0, 0, 0, 0)),
            scale(1, "0 instances < minimum 1")
        );
        assert_eq!(
            policy.decide(&at(0.0, 99, 9, 12)),
            scale(10, "12 instances > maximum 10")
        );
        assert_eq!(policy.decide(&at(0.0, 99, 9, 10)), Decision::Hold);
    }

    #[test]
    fn options_are_read_in_milliseconds_and_an_unknown_one_is_named() {
        let read = |text| serde_json::from_str::<QueueDrivenOptions>(text);
        let options = read(r#"{"up_above": 4, "down_after_ms": 1500}"#).unwrap();
        assert_eq!(options.up_above, 4);
        assert_eq!(options.down_after, Duration::from_millis(1500));
        assert_eq!(options.down_below, 3);
        let error = read(r#"{"up_abvoe": 4}"#).unwrap_err().to_string();
        assert!(error.contains("up_abvoe"), "{error}");
    }

    #[test]
    fn options_that_would_flap_are_refused() {
        assert_eq!(QueueDrivenOptions::default().validate(), Ok(()));
        let flapping = QueueDrivenOptions {
            up_above: 1,
            down_below: 5,
            ..QueueDrivenOptions::default()
        };
        assert!(flapping.validate().unwrap_err().contains("down_below (5)"));
    }
}
