//! Properties of every policy of this crate, on various traces.

use std::time::Duration;

use proptest::prelude::*;

use super::simulator::{Arrival, Replay, Simulation, Trace};
use super::{QueueDriven, ScalingPolicy, Snapshot, TargetConcurrency};
use crate::model::ScalingAction;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Simulates both policies on `trace`.
fn replays(simulation: Simulation, trace: &Trace) -> [(&'static str, Replay); 2] {
    [
        ("QueueDriven", simulation.run(trace, QueueDriven::default())),
        (
            "TargetConcurrency",
            simulation.run(trace, TargetConcurrency::default()),
        ),
    ]
}

fn traces() -> Vec<(&'static str, Trace)> {
    let service = Duration::from_millis(250);
    vec![
        ("silence", Trace::silence(10 * MINUTE)),
        (
            "burst",
            Trace::burst(400, service).then_silence(10 * MINUTE),
        ),
        (
            "constant load",
            Trace::constant(service / 3, service, 10 * MINUTE).then_silence(10 * MINUTE),
        ),
        (
            "sawtooth",
            Trace::sawtooth(40.0, MINUTE, service, 5).then_silence(10 * MINUTE),
        ),
        (
            "one long execution",
            Trace::one_long(10 * MINUTE).then_silence(10 * MINUTE),
        ),
    ]
}

#[test]
fn instances_and_requests_stay_within_the_bounds() {
    for (min, max) in [(1, 10), (2, 3), (4, 4), (1, 200)] {
        let simulation = Simulation {
            min_instances: min,
            max_instances: max,
            ..Simulation::default()
        };
        for (name, trace) in traces() {
            for (policy, replay) in replays(simulation, &trace) {
                for change in &replay.changes {
                    assert_eq!(change.asked, change.to, "{policy}, {name}: {change:?}");
                }
                let bounds = min..=max;
                assert!(
                    replay
                        .timeline
                        .iter()
                        .all(|s| bounds.contains(&s.instances)),
                    "{policy}, {name}"
                );
                if min == max {
                    assert!(replay.changes.is_empty(), "{policy}, {name}");
                }
            }
        }
    }
}

#[test]
fn instances_return_to_the_minimum_after_silence_and_all_executions_have_run() {
    for (name, trace) in traces() {
        for (policy, replay) in replays(Simulation::default(), &trace) {
            assert_eq!(replay.last_instances(), 1, "{policy}, {name}");
            assert_eq!(replay.completed, trace.arrivals().len(), "{policy}, {name}");
        }
    }
}

#[test]
fn silence_changes_nothing() {
    for (policy, replay) in replays(Simulation::default(), &Trace::silence(10 * MINUTE)) {
        assert!(replay.changes.is_empty(), "{policy}: {:?}", replay.changes);
    }
}

#[test]
fn one_long_execution_completes_and_adds_no_instance() {
    let trace = Trace::one_long(30 * MINUTE).then_silence(MINUTE);
    for (policy, replay) in replays(Simulation::default(), &trace) {
        assert!(replay.changes.is_empty(), "{policy}: {:?}", replay.changes);
        assert_eq!(replay.completed, 1, "{policy}");
    }
}

#[test]
fn a_long_execution_completes_while_instances_are_removed() {
    // The burst adds instances; the long execution still runs when they are removed.
    let service = Duration::from_millis(500);
    let mut arrivals = Trace::burst(200, service).arrivals().to_vec();
    arrivals.push(Arrival {
        at: SECOND,
        service: 20 * MINUTE,
    });
    let trace = Trace::new(arrivals, 25 * MINUTE);
    for (policy, replay) in replays(Simulation::default(), &trace) {
        assert_eq!(replay.completed, 201, "{policy}");
        assert_eq!(replay.last_instances(), 1, "{policy}");
    }
}

#[test]
fn capacity_does_not_collapse_after_a_burst() {
    let trace = Trace::burst(400, Duration::from_millis(500)).then_silence(10 * MINUTE);
    for (policy, replay) in replays(Simulation::default(), &trace) {
        let drained = replay.drained_at().expect("the queue drains");
        let alone = 400 * Duration::from_millis(500);
        assert!(drained < alone / 3, "{policy}: {drained:?}");
        // No instance is removed while executions wait, nor in the following 20 s.
        let peak = replay.peak_instances();
        assert!(peak >= 8, "{policy}: {peak}");
        let held = replay
            .timeline
            .iter()
            .filter(|s| s.at > drained && s.at < drained + 20 * SECOND);
        for sample in held {
            assert_eq!(sample.instances, peak, "{policy}: {sample:?}");
        }
        assert_eq!(replay.direction_changes(Duration::ZERO), 1, "{policy}");
    }
}

#[test]
fn a_sawtooth_changes_the_scaling_direction_at_most_twice_per_tooth() {
    let teeth = 8;
    let trace = Trace::sawtooth(40.0, 2 * MINUTE, Duration::from_millis(250), teeth);
    for (policy, replay) in replays(Simulation::default(), &trace) {
        let turns = replay.direction_changes(Duration::ZERO);
        assert!(turns <= 2 * teeth, "{policy}: {turns}");
        assert!(replay.peak_instances() > 1, "{policy}");
    }
}

#[test]
fn a_load_that_looks_calm_at_every_tick_does_not_make_capacity_flap() {
    // Seven arrivals in nearly ten ticks: for half a minute no tick sees the third execution.
    let service = Duration::from_millis(592);
    let trace = Trace::constant(service.div_f64(2.072_331), service, 22 * MINUTE);
    for (policy, replay) in replays(Simulation::default(), &trace) {
        let turns = replay.direction_changes(2 * MINUTE);
        assert!(turns <= 4, "{policy}: {:?}", replay.changes);
    }
}

#[test]
fn the_same_trace_gives_the_same_replay() {
    for (name, trace) in traces() {
        let first = replays(Simulation::default(), &trace);
        assert_eq!(first, replays(Simulation::default(), &trace), "{name}");
    }
}

/// Random arrivals.
fn any_trace() -> impl Strategy<Value = Trace> {
    let arrival = (0_u64..300_000, 0_u64..20_000).prop_map(|(at, service)| Arrival {
        at: Duration::from_millis(at),
        service: Duration::from_millis(service),
    });
    proptest::collection::vec(arrival, 0..300)
        .prop_map(|arrivals| Trace::new(arrivals, 10 * MINUTE))
}

/// Poisson arrivals, `rate` per second on average.
fn random_arrivals(rate: f64, service: Duration, length: Duration, seed: u64) -> Trace {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut arrivals, mut at) = (Vec::new(), Duration::ZERO);
    while at < length {
        arrivals.push(Arrival { at, service });
        at += Duration::from_secs_f64(-(1.0 - random.f64()).ln() / rate);
    }
    Trace::new(arrivals, length)
}

#[test]
fn an_execution_behind_nine_long_ones_starts_within_400_ms() {
    let mut arrivals = Trace::burst(9, 6 * SECOND).arrivals().to_vec();
    arrivals.push(Arrival {
        at: Duration::from_millis(1),
        service: Duration::from_millis(1),
    });
    let trace = Trace::new(arrivals, 10 * SECOND);
    let replay = Simulation::default().run(&trace, QueueDriven::default());
    assert!(
        replay.longest_wait <= Duration::from_millis(400),
        "{replay:?}"
    );
    assert_eq!(replay.peak_instances(), 10);
}

#[test]
fn a_burst_of_long_executions_reaches_the_maximum_at_once_and_the_minimum_five_minutes_later() {
    let trace = Trace::burst(100, SECOND).then_silence(6 * MINUTE);
    let replay = Simulation::default().run(&trace, QueueDriven::default());
    let sizes: Vec<_> = replay.changes.iter().map(|change| change.to).collect();
    assert_eq!(sizes, [2, 4, 8, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1][..]);
    let highest = replay.changes.iter().find(|change| change.to == 10);
    let at = highest.map(|change| change.at).unwrap();
    assert!(at <= Duration::from_millis(400), "{at:?}");
    assert_eq!(replay.last_instances(), 1);
    assert_eq!(replay.direction_changes(Duration::ZERO), 1);
}

#[test]
fn random_arrivals_at_a_constant_rate_do_not_make_capacity_flap() {
    for load in [0.05, 0.2, 0.4, 0.8, 1.2, 1.8, 2.5] {
        for service in [20, 150, 250, 1_000, 5_000] {
            for seed in 0..3 {
                let service = Duration::from_millis(service);
                let rate = load / service.as_secs_f64();
                let trace = random_arrivals(rate, service, 62 * MINUTE, seed);
                let replay = Simulation::default().run(&trace, QueueDriven::default());
                // An addition after 30 idle seconds is not flapping.
                let undone = replay.changes.windows(2).filter(|pair| {
                    pair[0].action() == ScalingAction::Down
                        && pair[1].action() == ScalingAction::Up
                        && pair[1].at - pair[0].at < MINUTE
                });
                let (undone, turns) = (undone.count(), replay.direction_changes(2 * MINUTE));
                assert!(
                    undone <= 6 && turns <= 14,
                    "load {load} of {service:?}: {turns} turns, {undone} undone: {:?}",
                    replay.changes
                );
            }
        }
    }
}

#[test]
fn more_instances_than_processors_cause_no_flapping_and_no_delay() {
    let busy = |processors| Simulation {
        processors,
        ..Simulation::default()
    };
    // More load than two processors can handle, and less.
    for interval in [150, 400] {
        let service = Duration::from_millis(600);
        let trace = Trace::constant(Duration::from_millis(interval), service, 2 * MINUTE)
            .then_silence(10 * MINUTE);
        let replay = busy(Some(2)).run(&trace, QueueDriven::default());
        assert_eq!(replay.completed, trace.arrivals().len());
        assert!(
            replay.direction_changes(Duration::ZERO) <= 1,
            "{:?}",
            replay.changes
        );
        assert_eq!(replay.last_instances(), 1);
    }
    // 40 calls of 200 ms keep two processors busy; more instances must not slow them down.
    let burst = Trace::burst(40, Duration::from_millis(200)).then_silence(MINUTE);
    let two = Simulation {
        min_instances: 2,
        max_instances: 2,
        ..busy(Some(2))
    };
    let fixed = two
        .run(&burst, QueueDriven::default())
        .drained_at()
        .unwrap();
    let replay = busy(Some(2)).run(&burst, QueueDriven::default());
    assert!(
        replay.drained_at().unwrap() <= fixed,
        "{:?}",
        replay.changes
    );
    assert_eq!(replay.completed, 40);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// After two minutes of settling, scaling changes its direction at most four times in the next
    /// twenty minutes. Usually it never does; four changes happen when the ticks see a calm of ten
    /// minutes twice.
    #[test]
    fn constant_load_does_not_make_capacity_flap(
        load in prop_oneof![0.05_f64..3.0, 3.0_f64..12.0],
        service_ms in 20_u64..20_000,
    ) {
        let service = Duration::from_millis(service_ms);
        let interval = service.div_f64(load).max(Duration::from_millis(5));
        let trace = Trace::constant(interval, service, 22 * MINUTE);
        for (policy, replay) in replays(Simulation::default(), &trace) {
            let turns = replay.direction_changes(2 * MINUTE);
            prop_assert!(turns <= 4, "{}: {} turns: {:?}", policy, turns, replay.changes);
        }
    }

    #[test]
    fn no_trace_moves_capacity_out_of_its_bounds(
        trace in any_trace(),
        min in 0_usize..5,
        above in 0_usize..8,
    ) {
        let simulation = Simulation {
            min_instances: min,
            max_instances: min + above,
            ..Simulation::default()
        };
        for (policy, replay) in replays(simulation, &trace) {
            for change in &replay.changes {
                prop_assert_eq!(change.asked, change.to, "{}: {:?}", policy, change);
                prop_assert!((min..=min + above).contains(&change.to));
                prop_assert_ne!(change.from, change.to);
                prop_assert!(!change.reason.is_empty());
            }
        }
    }

    /// Even a contradictory snapshot gives a decision within the bounds.
    #[test]
    fn no_snapshot_makes_a_policy_panic_or_leave_the_bounds(
        steps in proptest::collection::vec(
            (0_u64..100_000, any::<u16>(), 0_u64..1_000, any::<u16>(), any::<u16>()),
            1..100,
        ),
        min in 0_usize..50,
        max in 0_usize..50,
        huge in any::<bool>(),
    ) {
        let mut at = Duration::ZERO;
        let mut policies: [Box<dyn ScalingPolicy>; 2] = [
            Box::new(QueueDriven::default()),
            Box::new(TargetConcurrency::default()),
        ];
        for (step, queued, wait, running, instances) in steps {
            at += Duration::from_millis(step);
            let snapshot = Snapshot {
                at,
                queued: if huge { usize::MAX } else { queued.into() },
                startable: queued.into(),
                oldest_wait: Duration::from_millis(wait),
                running: running.into(),
                ..Snapshot::new(instances.into(), min, max)
            };
            for policy in &mut policies {
                if let super::Decision::Scale { instances, .. } = policy.decide(&snapshot) {
                    prop_assert!(instances <= max);
                    prop_assert!(instances >= min.min(max));
                }
            }
        }
    }
}
