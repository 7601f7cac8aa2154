//! The default policy: adds instances for a long queue or a long wait, and removes one after a long
//! calm.

use std::time::Duration;

use super::{Decision, ScalingPolicy, Snapshot, milliseconds};

/// The settings of [`QueueDriven`]. In files, durations are in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct QueueDrivenOptions {
    /// Add instances when more executions than this are queued.
    pub up_above: usize,
    /// The number of instances to add at a time for a long queue.
    pub up_step: usize,
    /// The minimum time between additions for a long queue.
    #[serde(rename = "up_cooldown_ms", with = "milliseconds")]
    pub up_cooldown: Duration,
    /// Add instances when the oldest queued execution has waited longer than this: as many as
    /// executions wait, at most doubling.
    #[serde(rename = "up_wait_ms", with = "milliseconds")]
    pub up_wait: Duration,
    /// The minimum time between additions for a long wait. New instances need a moment to take the
    /// queued executions.
    #[serde(rename = "up_wait_cooldown_ms", with = "milliseconds")]
    pub up_wait_cooldown: Duration,
    /// Remove instances when fewer executions than this are queued or running ...
    pub down_below: usize,
    /// ... for this long without interruption. Each further removal takes as long again.
    #[serde(rename = "down_after_ms", with = "milliseconds")]
    pub down_after: Duration,
    /// Replaces `down_after` after an instance was removed and had to be added again. After a long
    /// queue, this ends at the next idle moment; after a long wait, when idle for four times
    /// `down_after`.
    #[serde(rename = "down_after_undone_ms", with = "milliseconds")]
    pub down_after_undone: Duration,
    /// The number of instances to remove at a time.
    pub down_step: usize,
    /// Keep enough instances for the average load during the calm. Otherwise a constant load that
    /// needs two instances, but never shows more than two executions at a tick, would repeatedly
    /// lose one of them and add it again.
    pub keep_for_load: bool,
}

impl Default for QueueDrivenOptions {
    fn default() -> Self {
        Self {
            up_above: 10,
            up_step: 1,
            up_cooldown: Duration::from_secs(1),
            up_wait: Duration::from_millis(100),
            up_wait_cooldown: Duration::from_millis(50),
            down_below: 3,
            down_after: Duration::from_secs(30),
            down_after_undone: Duration::from_secs(600),
            down_step: 1,
            keep_for_load: true,
        }
    }
}

impl QueueDrivenOptions {
    /// Checks that the settings are consistent.
    ///
    /// # Errors
    /// Names the invalid setting and what was expected.
    pub fn validate(&self) -> Result<(), String> {
        if self.up_step == 0 || self.down_step == 0 {
            return Err("up_step and down_step must be at least 1".to_owned());
        }
        if self.down_below > self.up_above.saturating_add(1) {
            return Err(format!(
                "down_below ({}) must be at most up_above + 1 ({}), or the same load would both add and remove instances",
                self.down_below,
                self.up_above.saturating_add(1)
            ));
        }
        if self.up_wait.is_zero() {
            return Err(
                "up_wait_ms must be at least 1, or every waiting execution would add an instance"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// The default policy.
///
/// - When more than 10 executions are queued, it adds one instance, and another each second while
///   the queue stays long.
/// - When the oldest execution has waited longer than 100 ms, it adds as many instances as
///   executions wait, at most doubling, and repeats this every 50 ms while the wait stays long.
/// - When fewer than 3 executions were queued or running for 30 s, it removes one instance.
///
/// It samples the load at ticks, and a constant load can look calm at all ticks of half a minute.
/// Three rules prevent flapping: it keeps enough instances for the average load of the calm
/// ([`keep_for_load`](QueueDrivenOptions::keep_for_load)); after a calm that was followed by a long
/// queue, the next calm must last longer
/// ([`down_after_undone`](QueueDrivenOptions::down_after_undone)); and an instance that was added
/// again because of a long wait is kept for the same time.
///
/// ```
/// use std::time::Duration;
/// use faas_core::scaling::{Decision, QueueDriven, ScalingPolicy, Snapshot};
///
/// let mut policy = QueueDriven::default();
/// let mut snapshot = Snapshot::new(1, 1, 10);
/// snapshot.queued = 14;
/// let reason = "queue length 14 > 10".to_owned();
/// assert_eq!(policy.decide(&snapshot), Decision::Scale { instances: 2, reason });
///
/// let mut snapshot = Snapshot::new(2, 1, 10);
/// snapshot.at = Duration::from_millis(200);
/// (snapshot.queued, snapshot.startable) = (3, 3);
/// snapshot.oldest_wait = Duration::from_millis(130);
/// let reason = "oldest call waited 130 ms > 100 ms: 3 calls wait".to_owned();
/// assert_eq!(policy.decide(&snapshot), Decision::Scale { instances: 4, reason });
/// ```
#[derive(Debug, Clone, Default)]
pub struct QueueDriven {
    options: QueueDrivenOptions,
    /// When instances were last added.
    raised_at: Option<Duration>,
    /// When instances were last removed.
    lowered_at: Option<Duration>,
    calm: Option<Calm>,
    trust: Trust,
    kept: Option<Kept>,
    /// Since when nothing is queued or running.
    idle_since: Option<Duration>,
}

/// Whether a calm is considered reliable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Trust {
    /// There is no contrary evidence.
    #[default]
    Full,
    /// Instances were removed, and there was no idle moment since.
    OnTrial,
    /// The removed instances had to be added again.
    Undone,
}

/// A minimum of instances, set after a removed instance was added again because of a long wait.
#[derive(Debug, Clone, Copy)]
struct Kept {
    instances: usize,
    until: Duration,
}

/// A period with little load.
#[derive(Debug, Clone, Copy)]
struct Calm {
    since: Duration,
    until: Duration,
    /// The load at `until`.
    load: usize,
    /// The load integrated over time, in executions × nanoseconds, from `since` to `until`.
    area: u128,
}

impl Calm {
    fn start(snapshot: &Snapshot) -> Self {
        Self {
            since: snapshot.at,
            until: snapshot.at,
            load: snapshot.load(),
            area: 0,
        }
    }

    fn extend(&mut self, snapshot: &Snapshot) {
        let step = snapshot.at.saturating_sub(self.until);
        self.area += self.load as u128 * step.as_nanos();
        self.until = snapshot.at;
        self.load = snapshot.load();
    }

    fn length(&self) -> Duration {
        self.until.saturating_sub(self.since)
    }

    /// Returns the smallest number of instances for its average load.
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
    /// Creates a policy with these settings.
    pub fn new(options: QueueDrivenOptions) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Adds instances because the oldest execution has waited too long.
    fn up_for_wait(&mut self, snapshot: &Snapshot) -> Decision {
        let more = snapshot.startable.min(snapshot.instances.max(1));
        let instances = snapshot.bounded(snapshot.instances.saturating_add(more));
        if self.is_cooling(snapshot, self.options.up_wait_cooldown)
            || instances <= snapshot.instances
        {
            return Decision::Hold;
        }
        let is_undone = self
            .lowered_at
            .is_some_and(|at| snapshot.at.saturating_sub(at) < self.options.down_after_undone);
        if is_undone || self.kept.is_some() {
            let kept = self.kept.map_or(0, |kept| kept.instances);
            // A calm has fewer than `down_below` executions; instances beyond twice that were for a
            // burst.
            let most = self.options.down_below.saturating_mul(2).saturating_sub(1);
            let needed = snapshot.instances.saturating_add(1).min(most);
            self.kept = Some(Kept {
                instances: kept.max(needed),
                until: snapshot.at.saturating_add(self.options.down_after_undone),
            });
        }
        self.raised_at = Some(snapshot.at);
        let reason = format!(
            "oldest call waited {} ms > {} ms: {}",
            snapshot.oldest_wait.as_millis(),
            self.options.up_wait.as_millis(),
            match snapshot.startable {
                1 => "1 call waits".to_owned(),
                waiting => format!("{waiting} calls wait"),
            }
        );
        Decision::Scale { instances, reason }
    }

    /// Adds instances because too many executions are queued.
    fn up_for_length(&mut self, snapshot: &Snapshot) -> Decision {
        let instances = snapshot.bounded(snapshot.instances.saturating_add(self.options.up_step));
        if self.is_cooling(snapshot, self.options.up_cooldown) || instances <= snapshot.instances {
            return Decision::Hold;
        }
        self.raised_at = Some(snapshot.at);
        if self.trust == Trust::OnTrial {
            self.trust = Trust::Undone;
        }
        let reason = format!(
            "queue length {} > {}",
            snapshot.queued, self.options.up_above
        );
        Decision::Scale { instances, reason }
    }

    /// Forgets a removal that was too early, after enough time or after a long idle period.
    fn end_caution(&mut self, snapshot: &Snapshot) {
        const IDLE_CALMS: u32 = 4;
        if snapshot.load() > 0 {
            self.idle_since = None;
        } else {
            let since = *self.idle_since.get_or_insert(snapshot.at);
            let long = self.options.down_after.saturating_mul(IDLE_CALMS);
            if snapshot.at.saturating_sub(since) >= long {
                self.kept = None;
                self.lowered_at = None;
            }
        }
        if self.kept.is_some_and(|kept| kept.until <= snapshot.at) {
            self.kept = None;
        }
    }

    fn is_cooling(&self, snapshot: &Snapshot, cooldown: Duration) -> bool {
        self.raised_at
            .is_some_and(|at| snapshot.at.saturating_sub(at) < cooldown)
    }

    fn down(&mut self, snapshot: &Snapshot) -> Decision {
        if snapshot.load() == 0 {
            self.trust = Trust::Full;
        }
        let patience = match self.trust {
            Trust::Full | Trust::OnTrial => self.options.down_after,
            Trust::Undone => self.options.down_after_undone,
        };
        let calm = self.calm.get_or_insert(Calm::start(snapshot));
        calm.extend(snapshot);
        if calm.length() < patience {
            return Decision::Hold;
        }
        let needed = if self.options.keep_for_load {
            calm.instances()
        } else {
            0
        };
        let kept = self.kept.map_or(0, |kept| kept.instances);
        let fewer = snapshot.instances.saturating_sub(self.options.down_step);
        let instances = snapshot.bounded(fewer.max(needed).max(kept));
        // The next removal needs another calm.
        self.calm = Some(Calm::start(snapshot));
        if instances >= snapshot.instances {
            return Decision::Hold;
        }
        if snapshot.load() > 0 {
            self.trust = Trust::OnTrial;
        }
        self.lowered_at = Some(snapshot.at);
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
        self.end_caution(snapshot);
        if snapshot.load() >= self.options.down_below {
            self.calm = None;
        }
        if snapshot.startable > 0 && snapshot.oldest_wait > self.options.up_wait {
            let decision = self.up_for_wait(snapshot);
            if decision != Decision::Hold {
                self.calm = None;
                return decision;
            }
        }
        if snapshot.queued > self.options.up_above {
            self.calm = None;
            return self.up_for_length(snapshot);
        }
        if snapshot.load() < self.options.down_below {
            return self.down(snapshot);
        }
        Decision::Hold
    }
}

#[cfg(test)]
mod tests;
