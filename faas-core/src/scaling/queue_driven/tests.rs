//! When the policy adds and removes instances.

use super::*;

fn at(seconds: f64, queued: usize, running: usize, instances: usize) -> Snapshot {
    Snapshot {
        at: Duration::from_secs_f64(seconds),
        queued,
        startable: queued,
        running,
        ..Snapshot::new(instances, 1, 10)
    }
}

/// A snapshot in which the oldest execution has waited this long.
fn waited(millis: u64, snapshot: Snapshot) -> Snapshot {
    Snapshot {
        oldest_wait: Duration::from_millis(millis),
        ..snapshot
    }
}

fn scale(instances: usize, reason: &str) -> Decision {
    let reason = reason.to_owned();
    Decision::Scale { instances, reason }
}

#[test]
fn the_eleventh_queued_execution_adds_an_instance_and_the_tenth_does_not() {
    let mut policy = QueueDriven::default();
    assert_eq!(policy.decide(&at(0.0, 10, 1, 1)), Decision::Hold);
    assert_eq!(
        policy.decide(&at(0.2, 11, 1, 1)),
        scale(2, "queue length 11 > 10")
    );
}

#[test]
fn a_queue_that_stays_long_adds_another_instance_after_the_cool_down() {
    let mut policy = QueueDriven::default();
    assert_ne!(policy.decide(&at(5.0, 14, 1, 1)), Decision::Hold);
    assert_eq!(policy.decide(&at(5.9, 14, 2, 2)), Decision::Hold);
    assert_eq!(
        policy.decide(&at(6.0, 14, 2, 2)),
        scale(3, "queue length 14 > 10")
    );
}

#[test]
fn a_wait_above_100_ms_adds_as_many_instances_as_executions_wait() {
    let mut policy = QueueDriven::default();
    let waiting = |millis| waited(millis, at(5.0, 3, 4, 4));
    assert_eq!(policy.decide(&waiting(100)), Decision::Hold);
    assert_eq!(
        policy.decide(&waiting(101)),
        scale(7, "oldest call waited 101 ms > 100 ms: 3 calls wait")
    );
    let one = waited(250, at(6.0, 1, 7, 7));
    assert_eq!(
        policy.decide(&one),
        scale(8, "oldest call waited 250 ms > 100 ms: 1 call waits")
    );
}

#[test]
fn a_long_wait_at_most_doubles_the_instances_every_50_ms_up_to_the_maximum() {
    let mut policy = QueueDriven::default();
    let mut instances = 1;
    let mut counts = Vec::new();
    for tick in 0..20_u32 {
        let seconds = f64::from(tick) * 0.02;
        let snapshot = waited(120, at(seconds, 99, instances, instances));
        if let Decision::Scale {
            instances: more, ..
        } = policy.decide(&snapshot)
        {
            counts.push((tick, more));
            instances = more;
        }
    }
    assert_eq!(counts, [(0, 2), (3, 4), (6, 8), (9, 10)]);
}

#[test]
fn executions_held_back_by_a_limit_of_their_function_add_no_instances() {
    let mut policy = QueueDriven::default();
    let mut held_back = waited(5_000, at(0.0, 8, 2, 2));
    held_back.startable = 0;
    assert_eq!(policy.decide(&held_back), Decision::Hold);
    held_back.startable = 1;
    assert_eq!(
        policy.decide(&held_back),
        scale(3, "oldest call waited 5000 ms > 100 ms: 1 call waits")
    );
}

#[test]
fn an_instance_added_again_for_a_wait_is_kept_for_ten_minutes_or_until_idle_for_two() {
    let mut policy = QueueDriven::default();
    policy.decide(&at(0.0, 0, 1, 2));
    policy.decide(&at(15.0, 0, 0, 2));
    assert_ne!(policy.decide(&at(30.0, 0, 1, 2)), Decision::Hold);
    assert_ne!(
        policy.decide(&waited(120, at(40.0, 1, 1, 1))),
        Decision::Hold
    );
    let mut idle = policy.clone();
    for seconds in [60.0, 75.0, 90.0, 120.0, 639.0] {
        assert_eq!(policy.decide(&at(seconds, 0, 1, 2)), Decision::Hold);
        assert_eq!(policy.decide(&at(seconds, 0, 0, 2)), Decision::Hold);
    }
    policy.decide(&at(640.0, 0, 0, 2));
    assert_ne!(policy.decide(&at(670.0, 0, 1, 2)), Decision::Hold);
    for seconds in [60.0, 90.0, 120.0, 150.0] {
        assert_eq!(idle.decide(&at(seconds, 0, 0, 2)), Decision::Hold);
    }
    assert_ne!(idle.decide(&at(180.0, 0, 0, 2)), Decision::Hold);
}

#[test]
fn thirty_calm_seconds_remove_one_instance_and_thirty_more_the_next() {
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
fn a_moment_of_load_restarts_the_thirty_seconds() {
    let mut policy = QueueDriven::default();
    for (seconds, load) in [(0.0, 0), (20.0, 3), (20.2, 0), (50.0, 0)] {
        assert_eq!(policy.decide(&at(seconds, 0, load, 2)), Decision::Hold);
    }
    assert_ne!(policy.decide(&at(50.2, 0, 0, 2)), Decision::Hold);
}

#[test]
fn instances_that_the_load_needs_are_kept_unless_keep_for_load_is_off() {
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
fn an_instance_removed_too_early_is_kept_for_ten_minutes_or_until_idle() {
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
fn a_number_outside_the_bounds_is_clamped() {
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
fn options_are_read_in_milliseconds_and_unknown_options_are_refused() {
    let read = |text| serde_json::from_str::<QueueDrivenOptions>(text);
    let options = read(r#"{"up_above": 4, "down_after_ms": 1500}"#).unwrap();
    assert_eq!(options.up_above, 4);
    assert_eq!(options.down_after, Duration::from_millis(1500));
    assert_eq!(options.down_below, 3);
    let error = read(r#"{"up_abvoe": 4}"#).unwrap_err().to_string();
    assert!(error.contains("up_abvoe"), "{error}");
}

#[test]
fn options_that_would_cause_flapping_are_refused() {
    assert_eq!(QueueDrivenOptions::default().validate(), Ok(()));
    let flapping = QueueDrivenOptions {
        up_above: 1,
        down_below: 5,
        ..QueueDrivenOptions::default()
    };
    assert!(flapping.validate().unwrap_err().contains("down_below (5)"));
}
