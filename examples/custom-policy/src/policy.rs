//! A scaling policy of the host's own: an instance for each execution.
//!
//! A policy is pure. It is shown what there is at a moment and says how many instances there should
//! be; it has no clock and changes nothing. So it can be tried on a made-up load, in no time, with
//! the simulator: see the tests.

use std::time::Duration;

use faas_core::scaling::{Decision, ScalingPolicy, Snapshot};

/// Never lets anybody wait, and gives back what has been idle for a while.
pub(crate) struct OnePerExecution {
    patience: Duration,
    /// When all instances were busy last.
    busy_at: Duration,
}

impl OnePerExecution {
    /// Gives instances back once there were too many for `patience`.
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            patience,
            busy_at: Duration::ZERO,
        }
    }
}

impl ScalingPolicy for OnePerExecution {
    fn decide(&mut self, snapshot: &Snapshot) -> Decision {
        // The engine keeps every decision within its bounds; asking for no more than they allow
        // keeps the reasons honest.
        let wanted = snapshot.bounded(snapshot.load());
        if wanted >= snapshot.instances {
            self.busy_at = snapshot.at;
        }
        let idle = snapshot.at.saturating_sub(self.busy_at);
        let change =
            wanted > snapshot.instances || (wanted < snapshot.instances && idle >= self.patience);
        if !change {
            return Decision::Hold;
        }
        Decision::Scale {
            instances: wanted,
            reason: format!("{} executions, one instance each", snapshot.load()),
        }
    }
}

#[cfg(test)]
mod tests {
    use faas_core::scaling::simulator::{Simulation, Trace};

    use super::*;

    #[test]
    fn nobody_waits_longer_than_a_tick_and_everything_is_given_back() {
        let trace = Trace::burst(8, Duration::from_secs(3)).then_silence(Duration::from_secs(60));
        let simulation = Simulation::default();
        let replay = simulation.run(&trace, OnePerExecution::new(Duration::from_secs(1)));
        assert!(replay.longest_wait <= simulation.tick);
        assert_eq!(replay.peak_instances(), 8);
        assert_eq!(replay.last_instances(), 1);
    }
}
