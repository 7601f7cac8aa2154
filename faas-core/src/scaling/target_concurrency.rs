//! A policy with a target load per instance, based on a slow and a fast average.
//!
//! The algorithm is that of Knative's pod autoscaler (KPA): see "Autoscaling" in the documentation
//! of Knative Serving (<https://knative.dev/docs/serving/autoscaling/>) and
//! `pkg/autoscaler/scaling/autoscaler.go` in <https://github.com/knative/serving>. In stable mode
//! it follows the average load of the last 60 s. When the last 6 s need twice the current
//! instances, it enters panic mode: it follows the fast average and only adds instances, until 60 s
//! have passed without a reason to panic.
//!
//! There are three differences from Knative. An instance runs one execution at a time, so the
//! target per instance is the utilization; since an instance starts in microseconds, the default
//! keeps no spare capacity (1.0, not 0.7). Scaling down is delayed by 30 s by default, not 0. And a
//! tolerance prevents a load close to a boundary from adding and removing the same instance.

use std::time::Duration;

use super::window::Window;
use super::{Decision, ScalingPolicy, Snapshot, milliseconds};

/// The settings of [`TargetConcurrency`]. In files, durations are in milliseconds.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TargetConcurrencyOptions {
    /// The target load: executions queued or running per instance, above 0.
    pub target_utilization: f64,
    /// The averaging period of the stable mode. At most an hour.
    #[serde(rename = "stable_window_ms", with = "milliseconds")]
    pub stable_window: Duration,
    /// The averaging period of the panic mode.
    #[serde(rename = "panic_window_ms", with = "milliseconds")]
    pub panic_window: Duration,
    /// Enter panic mode when the fast average needs this many times the current instances.
    pub panic_threshold: f64,
    /// The maximum growth factor of one step.
    pub max_scale_up_rate: f64,
    /// The maximum shrink factor of one step.
    pub max_scale_down_rate: f64,
    /// How long fewer instances must have been sufficient before any is removed. At most an hour.
    #[serde(rename = "scale_down_delay_ms", with = "milliseconds")]
    pub scale_down_delay: Duration,
    /// Remove an instance only if the others would be this fraction below their target, from 0 to
    /// below 1.
    pub tolerance: f64,
}

impl Default for TargetConcurrencyOptions {
    fn default() -> Self {
        Self {
            target_utilization: 1.0,
            stable_window: Duration::from_secs(60),
            panic_window: Duration::from_secs(6),
            panic_threshold: 2.0,
            max_scale_up_rate: 1000.0,
            max_scale_down_rate: 2.0,
            scale_down_delay: Duration::from_secs(30),
            tolerance: 0.1,
        }
    }
}

impl TargetConcurrencyOptions {
    /// Checks the settings.
    ///
    /// # Errors
    /// Names the invalid setting and what was expected.
    pub fn validate(&self) -> Result<(), String> {
        const HOUR: Duration = Duration::from_secs(3600);
        let finite_above = |name: &str, value: f64, limit: f64| {
            if value.is_finite() && value > limit {
                Ok(())
            } else {
                Err(format!(
                    "{name} must be a number above {limit}, not {value}"
                ))
            }
        };
        finite_above("target_utilization", self.target_utilization, 0.0)?;
        finite_above("panic_threshold", self.panic_threshold, 1.0)?;
        finite_above("max_scale_up_rate", self.max_scale_up_rate, 1.0)?;
        finite_above("max_scale_down_rate", self.max_scale_down_rate, 1.0)?;
        if !(0.0..1.0).contains(&self.tolerance) {
            return Err(format!(
                "tolerance must be from 0 to below 1, not {}",
                self.tolerance
            ));
        }
        if self.panic_window.is_zero() || self.panic_window > self.stable_window {
            return Err("panic_window must be above 0 and at most stable_window".to_owned());
        }
        if self.stable_window > HOUR || self.scale_down_delay > HOUR {
            return Err("stable_window and scale_down_delay must be at most an hour".to_owned());
        }
        Ok(())
    }
}

/// Keeps as many instances as the average load needs; adds quickly and removes slowly.
#[derive(Debug, Clone)]
pub struct TargetConcurrency {
    options: TargetConcurrencyOptions,
    loads: Window,
    /// The latest wanted numbers of instances, for the scale-down delay.
    wanted: Window,
    panic: Option<Panic>,
}

#[derive(Debug, Clone, Copy)]
struct Panic {
    /// The last time with a reason to panic.
    latest: Duration,
    /// The largest number wanted during this panic, in which no instance is removed.
    most: usize,
}

/// The bounds of one step.
struct Reach {
    fewest: usize,
    most: usize,
}

impl Default for TargetConcurrency {
    fn default() -> Self {
        Self::new(TargetConcurrencyOptions::default())
    }
}

impl TargetConcurrency {
    /// Creates a policy with these settings.
    pub fn new(options: TargetConcurrencyOptions) -> Self {
        const BUCKETS_PER_PANIC: u32 = 6;
        let resolution = options.panic_window / BUCKETS_PER_PANIC;
        Self {
            loads: Window::new(options.stable_window, resolution),
            wanted: Window::new(options.scale_down_delay, resolution),
            panic: None,
            options,
        }
    }

    /// Returns the number of instances that `load` needs. Keeps the current number while the load
    /// is within the tolerance below it.
    fn needed(&self, load: f64, instances: usize) -> usize {
        let at_target = ceil(load / self.options.target_utilization);
        if at_target >= instances {
            return at_target;
        }
        let target = self.options.target_utilization * (1.0 - self.options.tolerance);
        ceil(load / target).min(instances)
    }

    fn update_panic(&mut self, at: Duration, wanted: usize, instances: usize) {
        let over = wanted as f64 >= self.options.panic_threshold * instances as f64;
        let most = self.panic.map_or(0, |panic| panic.most);
        if over {
            self.panic = Some(Panic { latest: at, most });
        } else if let Some(panic) = self.panic
            && at.saturating_sub(panic.latest) >= self.options.stable_window
        {
            self.panic = None;
        }
    }

    fn reach(&self, instances: usize) -> Reach {
        Reach {
            fewest: (instances as f64 / self.options.max_scale_down_rate) as usize,
            most: ceil(instances as f64 * self.options.max_scale_up_rate),
        }
    }
}

impl ScalingPolicy for TargetConcurrency {
    fn decide(&mut self, snapshot: &Snapshot) -> Decision {
        self.loads.record(snapshot.at, snapshot.load());
        if let Some(back) = snapshot.back_within_bounds() {
            return back;
        }
        let instances = snapshot.instances.max(1);
        let stable = self.loads.mean(self.options.stable_window);
        let quick = self.loads.mean(self.options.panic_window);
        let Reach { fewest, most } = self.reach(instances);
        let for_stable = self.needed(stable, instances).max(fewest).min(most);
        let for_quick = self.needed(quick, instances).max(fewest).min(most);
        self.update_panic(snapshot.at, for_quick, instances);

        let wanted = match &mut self.panic {
            Some(panic) => {
                panic.most = panic.most.max(for_stable).max(for_quick).max(instances);
                panic.most = snapshot.bounded(panic.most);
                panic.most
            }
            None => snapshot.bounded(for_stable),
        };
        self.wanted.record(snapshot.at, wanted);
        let goal = if wanted >= snapshot.instances {
            wanted
        } else {
            let delayed = self.wanted.max(self.options.scale_down_delay);
            delayed.min(snapshot.instances)
        };
        if goal == snapshot.instances {
            return Decision::Hold;
        }
        let (load, span) = if self.panic.is_some() && for_quick >= for_stable {
            (quick, self.options.panic_window)
        } else {
            (stable, self.options.stable_window)
        };
        let reason = format!(
            "average load {load:.2} over {} s / {} per instance: {goal} instances",
            span.as_secs_f64(),
            self.options.target_utilization
        );
        Decision::Scale {
            instances: goal,
            reason,
        }
    }
}

/// Rounds up; values too large for `usize` saturate.
fn ceil(value: f64) -> usize {
    value.ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds loads to the policy every 200 ms and applies its decisions.
    struct Bench {
        policy: TargetConcurrency,
        at: Duration,
        instances: usize,
        reasons: Vec<String>,
    }

    impl Bench {
        fn new(options: TargetConcurrencyOptions) -> Self {
            Self {
                policy: TargetConcurrency::new(options),
                at: Duration::ZERO,
                instances: 1,
                reasons: Vec::new(),
            }
        }

        fn show(&mut self, load: usize, seconds: u64) -> usize {
            for _ in 0..seconds * 5 {
                let decision = self.policy.decide(&Snapshot {
                    at: self.at,
                    queued: load.saturating_sub(self.instances),
                    running: load.min(self.instances),
                    ..Snapshot::new(self.instances, 1, 100)
                });
                if let Decision::Scale { instances, reason } = decision {
                    self.instances = instances;
                    self.reasons.push(reason);
                }
                self.at += Duration::from_millis(200);
            }
            self.instances
        }
    }

    #[test]
    fn a_surge_is_met_by_the_fast_average_and_no_instance_is_removed_during_a_panic() {
        let mut bench = Bench::new(TargetConcurrencyOptions::default());
        assert_eq!(bench.show(1, 60), 1);
        assert_eq!(bench.show(20, 6), 20);
        assert!(bench.reasons[0].contains("over 6 s"), "{:?}", bench.reasons);
        assert_eq!(bench.show(0, 50), 20);
    }

    #[test]
    fn after_panic_and_delay_each_step_removes_at_most_half_of_the_instances() {
        let mut bench = Bench::new(TargetConcurrencyOptions::default());
        bench.show(40, 10);
        assert_eq!(bench.instances, 40);
        let mut before = bench.instances;
        for _ in 0..300 {
            let after = bench.show(0, 1);
            assert!(after >= before / 2, "{before} to {after}");
            before = after;
        }
        assert_eq!(bench.instances, 1);
    }

    #[test]
    fn a_lower_target_utilization_keeps_spare_instances() {
        let options = TargetConcurrencyOptions {
            target_utilization: 0.7,
            ..TargetConcurrencyOptions::default()
        };
        assert_eq!(Bench::new(options).show(7, 120), 10);
    }

    #[test]
    fn a_step_up_is_limited_by_its_rate() {
        let options = TargetConcurrencyOptions {
            max_scale_up_rate: 2.0,
            ..TargetConcurrencyOptions::default()
        };
        let mut bench = Bench::new(options);
        bench.show(64, 1);
        assert_eq!(bench.reasons.len(), 5, "five ticks, each doubling");
        assert_eq!(bench.instances, 32);
    }

    #[test]
    fn a_load_within_the_tolerance_below_a_boundary_removes_no_instance() {
        let mut bench = Bench::new(TargetConcurrencyOptions::default());
        bench.show(10, 120);
        assert_eq!(bench.instances, 10);
        // On average 9.2 of 10: nine instances would barely be enough.
        for _ in 0..100 {
            bench.show(10, 1);
            bench.show(9, 4);
        }
        assert_eq!(bench.instances, 10);
        assert_eq!(bench.show(8, 200), 9);
    }

    #[test]
    fn invalid_settings_are_refused_by_name() {
        let check = |change: fn(&mut TargetConcurrencyOptions)| {
            let mut options = TargetConcurrencyOptions::default();
            change(&mut options);
            options.validate().unwrap_err()
        };
        assert_eq!(TargetConcurrencyOptions::default().validate(), Ok(()));
        assert!(check(|o| o.target_utilization = 0.0).contains("target_utilization"));
        assert!(check(|o| o.target_utilization = f64::NAN).contains("target_utilization"));
        assert!(check(|o| o.max_scale_down_rate = 1.0).contains("max_scale_down_rate"));
        assert!(check(|o| o.tolerance = 1.0).contains("tolerance"));
        assert!(check(|o| o.panic_window = Duration::ZERO).contains("panic_window"));
        assert!(check(|o| o.stable_window = Duration::MAX).contains("hour"));
    }
}
