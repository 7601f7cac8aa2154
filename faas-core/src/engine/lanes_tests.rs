//! What the order of jobs promises, with made-up jobs and a made-up clock.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const MILLI: Duration = Duration::from_millis(1);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Fake {
    function: FunctionId,
    number: usize,
    concurrency: usize,
    needs_claim: bool,
    queued_at: Duration,
    priority: i8,
    key: Option<(Key, usize)>,
}

impl Ranked for Fake {
    fn rank(&self) -> Rank {
        Rank {
            priority: Reverse(self.priority),
            serial: self.number as u64,
        }
    }
    fn key(&self) -> Option<(&Key, usize)> {
        self.key.as_ref().map(|(key, limit)| (key, *limit))
    }
}

impl Fake {
    fn with_key(mut self, key: &str, limit: usize) -> Self {
        self.key = Some((key.into(), limit));
        self
    }
}

impl Queued for Fake {
    fn function(&self) -> FunctionId {
        self.function
    }
    fn concurrency(&self) -> usize {
        self.concurrency
    }
    fn needs_claim(&self) -> bool {
        self.needs_claim
    }
    fn queued_at(&self) -> Duration {
        self.queued_at
    }
}

fn functions(count: usize) -> Vec<FunctionId> {
    (0..count)
        .map(|n| {
            format!("{n:08x}-0000-7000-8000-000000000000")
                .parse()
                .unwrap()
        })
        .collect()
}

fn direct(function: FunctionId, number: usize) -> Fake {
    Fake {
        function,
        number,
        concurrency: usize::MAX,
        needs_claim: false,
        queued_at: Duration::ZERO,
        priority: 0,
        key: None,
    }
}

fn lanes(max_instances: usize, per_function: usize) -> Lanes<Fake, usize> {
    Lanes::new(Limits {
        max_instances,
        per_function,
        suspended: 4,
        suspended_per_function: 3,
    })
}

/// All that instances take one after the other, without finishing.
fn taken(lanes: &mut Lanes<Fake, usize>, instances: usize, now: Duration) -> Vec<Fake> {
    std::iter::from_fn(|| match lanes.take(instances, now) {
        Some(Turn::Run(job)) => Some(job),
        Some(other) => panic!("{other:?}"),
        None => None,
    })
    .collect()
}

#[test]
fn a_function_that_has_used_more_run_time_waits_behind_one_that_has_used_less() {
    let ids = functions(2);
    let mut lanes = lanes(1, 1);
    for number in 0..10 {
        lanes.push(direct(ids[0], number), Duration::ZERO);
        lanes.push(direct(ids[1], number), Duration::ZERO);
    }
    let mut now = Duration::ZERO;
    let mut order = Vec::new();
    while let Some(Turn::Run(job)) = lanes.take(1, now) {
        let is_slow = job.function == ids[0];
        order.push(if is_slow { 's' } else { 'q' });
        now += if is_slow { 40 * MILLI } else { 10 * MILLI };
        lanes.finish(job.function, job.key.as_ref().map(|(key, _)| key), now);
    }
    // Four quick calls take as long as a slow one.
    let order: String = order.into_iter().collect();
    assert!(order.starts_with("sqqqqs"), "{order}");
    assert_eq!(order.len(), 20);
}

#[test]
fn calls_that_still_run_count_as_used_run_time() {
    let ids = functions(2);
    let mut lanes = lanes(10, 10);
    lanes.push(direct(ids[0], 0), Duration::ZERO);
    assert_eq!(taken(&mut lanes, 10, Duration::ZERO).len(), 1);
    let now = 500 * MILLI;
    for number in 1..=5 {
        lanes.push(direct(ids[0], number), now);
        lanes.push(direct(ids[1], number), now);
    }
    let order = taken(&mut lanes, 10, now);
    let first: Vec<_> = order.iter().take(5).map(|job| job.function).collect();
    assert_eq!(first, [ids[1]; 5]);
}

#[test]
fn a_new_function_starts_with_what_the_others_have_and_not_with_a_credit() {
    let ids = functions(2);
    let mut lanes = lanes(1, 1);
    let mut now = Duration::ZERO;
    for number in 0..1_000 {
        lanes.push(direct(ids[0], number), now);
    }
    for _ in 0..500 {
        assert!(matches!(lanes.take(1, now), Some(Turn::Run(_))));
        now += 10 * MILLI;
        lanes.finish(ids[0], None, now);
    }
    for number in 0..100 {
        lanes.push(direct(ids[1], number), now);
    }
    let mut new = 0;
    for _ in 0..40 {
        let Some(Turn::Run(job)) = lanes.take(1, now) else {
            panic!("nothing to do");
        };
        new += usize::from(job.function == ids[1]);
        now += 10 * MILLI;
        lanes.finish(job.function, job.key.as_ref().map(|(key, _)| key), now);
    }
    assert!((19..=22).contains(&new), "{new}");
}

#[test]
fn one_function_holds_at_most_all_but_one_of_the_most_instances() {
    let ids = functions(2);
    let mut lanes = lanes(10, 9);
    for number in 0..20 {
        lanes.push(direct(ids[0], number), Duration::ZERO);
    }
    assert_eq!(taken(&mut lanes, 10, Duration::ZERO).len(), 9);
    assert_eq!(lanes.pressure(MILLI), Pressure::default());
    assert_eq!(lanes.saturated(), (vec![ids[0]], 11));
    lanes.push(direct(ids[1], 0), MILLI);
    assert_eq!(taken(&mut lanes, 10, MILLI).len(), 1);
}

#[test]
fn the_last_free_instance_is_left_to_functions_that_hold_none_however_many_are_greedy() {
    let ids = functions(5);
    let mut lanes = lanes(6, 5);
    for number in 0..20 {
        for greedy in &ids[..3] {
            lanes.push(direct(*greedy, number), Duration::ZERO);
        }
    }
    assert_eq!(taken(&mut lanes, 6, Duration::ZERO).len(), 5);
    for newcomer in &ids[3..] {
        lanes.push(direct(*newcomer, 0), MILLI);
        let order = taken(&mut lanes, 6, MILLI);
        assert_eq!(order.len(), 1);
        assert_eq!(order[0].function, *newcomer);
        lanes.finish(*newcomer, None, 2 * MILLI);
        assert!(taken(&mut lanes, 6, 2 * MILLI).is_empty());
    }
    // While there may be more instances, none is kept free.
    assert_eq!(taken(&mut self::lanes(6, 5), 5, MILLI).len(), 0);
    let mut growing = self::lanes(6, 5);
    (0..20).for_each(|number| growing.push(direct(ids[0], number), MILLI));
    assert_eq!(taken(&mut growing, 4, MILLI).len(), 4);
}

#[test]
fn with_one_instance_or_a_limit_of_all_a_function_may_hold_every_instance() {
    let ids = functions(1);
    for max in [1, 4] {
        let mut lanes = lanes(max, max);
        (0..9).for_each(|number| lanes.push(direct(ids[0], number), Duration::ZERO));
        assert_eq!(taken(&mut lanes, max, Duration::ZERO).len(), max);
    }
}

#[test]
fn a_wait_counts_from_when_the_function_was_below_its_limits() {
    let ids = functions(1);
    let mut lanes = lanes(10, 9);
    for number in 0..3 {
        let job = Fake {
            concurrency: 1,
            ..direct(ids[0], number)
        };
        lanes.push(job, Duration::ZERO);
    }
    let waits = |lanes: &Lanes<Fake, usize>, now| lanes.pressure(now).oldest_wait;
    assert_eq!(waits(&lanes, 50 * MILLI), 50 * MILLI);
    assert_eq!(taken(&mut lanes, 1, 50 * MILLI).len(), 1);
    assert_eq!(lanes.pressure(900 * MILLI), Pressure::default());
    lanes.finish(ids[0], None, 900 * MILLI);
    assert_eq!(
        lanes.pressure(930 * MILLI),
        Pressure {
            queued: 1,
            startable: 1,
            oldest_wait: 30 * MILLI
        }
    );
}

#[test]
fn claimed_jobs_that_may_not_run_leave_claims_to_other_functions() {
    let ids = functions(2);
    let mut lanes = lanes(2, 1);
    let accepted = |function, number| Fake {
        needs_claim: true,
        ..direct(function, number)
    };
    for number in 0..100 {
        lanes.push(accepted(ids[0], number), Duration::ZERO);
    }
    let claim_all = |lanes: &mut Lanes<Fake, usize>| {
        let mut ran = Vec::new();
        while let Some(turn) = lanes.take(2, MILLI) {
            match turn {
                Turn::Run(job) => ran.push(job.function),
                Turn::Claim(jobs) => jobs.into_iter().for_each(|job| lanes.claimed(job, MILLI)),
                Turn::Resume(number) => panic!("{number} was not suspended"),
            }
        }
        ran
    };
    assert_eq!(claim_all(&mut lanes), [ids[0]]);
    assert!(lanes.counts().queued == 99 && lanes.claimed <= CLAIMS_PER_INSTANCE);
    lanes.push(accepted(ids[1], 0), MILLI);
    assert_eq!(claim_all(&mut lanes), [ids[1]]);
}

#[test]
fn an_idle_function_is_forgotten_unless_it_has_used_more_than_others() {
    let ids = functions(2);
    let mut lanes = lanes(2, 2);
    for id in &ids {
        lanes.push(direct(*id, 0), Duration::ZERO);
    }
    assert_eq!(taken(&mut lanes, 2, Duration::ZERO).len(), 2);
    lanes.finish(ids[0], None, Duration::ZERO);
    lanes.finish(ids[1], None, 100 * MILLI);
    assert!(lanes.lanes.is_empty());
    assert_eq!(lanes.leads.keys().collect::<Vec<_>>(), [&ids[1]]);
    let much_later = Duration::from_secs(3_600);
    lanes.push(direct(ids[0], 1), much_later);
    assert_eq!(taken(&mut lanes, 2, much_later).len(), 1);
    assert!(lanes.leads.is_empty());
}

#[test]
fn the_most_urgent_job_starts_first_even_if_others_are_claimed() {
    let ids = functions(1);
    let mut lanes = lanes(1, 1);
    let job = |number, priority, needs_claim| Fake {
        priority,
        needs_claim,
        ..direct(ids[0], number)
    };
    lanes.push(job(0, 0, true), Duration::ZERO);
    let Some(Turn::Claim(claims)) = lanes.take(1, MILLI) else {
        panic!("nothing to claim");
    };
    claims.into_iter().for_each(|job| lanes.claimed(job, MILLI));
    lanes.push(job(1, -3, false), MILLI);
    lanes.push(job(2, 5, false), MILLI);
    lanes.push(job(3, 5, false), MILLI);
    let mut order = Vec::new();
    while let Some(Turn::Run(job)) = lanes.take(1, MILLI) {
        order.push(job.number);
        lanes.finish(job.function, None, MILLI);
    }
    assert_eq!(order, [2, 3, 0, 1]);
}

#[test]
fn jobs_at_the_limit_of_their_key_do_not_hold_up_others_and_are_no_pressure() {
    let ids = functions(1);
    let mut lanes = lanes(10, 9);
    for number in 0..3 {
        lanes.push(direct(ids[0], number).with_key("a", 1), Duration::ZERO);
    }
    lanes.push(direct(ids[0], 3).with_key("b", 1), Duration::ZERO);
    lanes.push(direct(ids[0], 4), Duration::ZERO);
    let numbers = |jobs: Vec<Fake>| jobs.iter().map(|job| job.number).collect::<Vec<_>>();
    let first = taken(&mut lanes, 10, Duration::ZERO);
    assert_eq!(numbers(first.clone()), [0, 3, 4]);
    assert_eq!(lanes.pressure(MILLI), Pressure::default());
    assert_eq!(lanes.counts().queued, 2);
    let key = first[0].key.clone().unwrap().0;
    lanes.finish(ids[0], Some(&key), MILLI);
    assert_eq!(numbers(taken(&mut lanes, 10, MILLI)), [1]);
    // A job that is suspended still counts.
    assert!(lanes.suspend(ids[0], MILLI));
    assert!(taken(&mut lanes, 10, MILLI).is_empty());
    lanes.finish_suspended(ids[0], Some(&key), |_| false, MILLI);
    assert_eq!(numbers(taken(&mut lanes, 10, MILLI)), [2]);
}

/// Runs `calls` of each function, always `backlog` of them waiting, on `instances` for `length`, and
/// returns the run time that each got.
fn contend(
    services: &[Duration],
    (instances, per_function): (usize, usize),
    length: Duration,
) -> Vec<Duration> {
    let ids = functions(services.len());
    let mut lanes = lanes(instances, per_function);
    for id in &ids {
        (0..2 * instances).for_each(|number| lanes.push(direct(*id, number), Duration::ZERO));
    }
    let mut got = vec![Duration::ZERO; services.len()];
    let mut ends = BTreeMap::new();
    let (mut now, mut serial) = (Duration::ZERO, 0);
    while now < length {
        while let Some(Turn::Run(job)) = lanes.take(instances, now) {
            let which = ids.iter().position(|id| *id == job.function).unwrap();
            serial += 1;
            ends.insert((now + services[which], serial), which);
            lanes.push(direct(job.function, job.number + 2 * instances), now);
        }
        let ((at, _), which) = ends.pop_first().expect("something runs");
        now = at;
        got[which] += services[which];
        lanes.finish(ids[which], None, now);
    }
    got
}

#[test]
fn functions_that_always_have_work_get_equal_run_time_whatever_their_calls_take() {
    let services = [MILLI, 5 * MILLI, 40 * MILLI, 300 * MILLI];
    for instances in [1, 4] {
        let got = contend(&services, (instances, instances), Duration::from_secs(60));
        let fair = Duration::from_secs(60) * u32::try_from(instances).unwrap() / 4;
        for one in &got {
            let share = one.as_secs_f64() / fair.as_secs_f64();
            assert!(
                (0.9..1.1).contains(&share),
                "{instances} instances: {got:?}"
            );
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Push {
        function: usize,
        needs_claim: bool,
        priority: i8,
        key: Option<u8>,
    },
    Take,
    Finish(usize),
    Claimed,
    Refused,
    Remove(usize),
    Suspend(usize),
    Resume(usize),
    FinishSuspended(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_usize..4, any::<bool>(), 0_i8..3, proptest::option::of(0_u8..3)).prop_map(
            |(function, needs_claim, priority, key)| {
                Step::Push { function, needs_claim, priority, key }
            }
        ),
        4 => Just(Step::Take),
        2 => any::<usize>().prop_map(Step::Finish),
        2 => Just(Step::Claimed),
        1 => Just(Step::Refused),
        1 => any::<usize>().prop_map(Step::Remove),
        2 => any::<usize>().prop_map(Step::Suspend),
        2 => any::<usize>().prop_map(Step::Resume),
        1 => any::<usize>().prop_map(Step::FinishSuspended),
        1 => (0_u64..200_000).prop_map(Step::Pass),
    ]
}

fn pick(from: usize, count: usize) -> Option<usize> {
    (count > 0).then(|| from % count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever happens in whatever order: limits are kept, jobs of a function with the same priority
    /// and key start in the order in which they came, none is lost or started twice, and no instance
    /// is idle while one could start.
    #[test]
    fn limits_and_order_are_kept_and_nothing_is_lost(
        steps in proptest::collection::vec(step(), 1..300),
        instances in 1_usize..6,
        more in 0_usize..3,
        per_function in 1_usize..6,
        concurrency in 1_usize..5,
        per_key in 1_usize..3,
    ) {
        let ids = functions(4);
        let max_instances = instances + more;
        let per_function = per_function.min(max_instances);
        let mut lanes = lanes(max_instances, per_function);
        let mut now = Duration::ZERO;
        let mut claiming = Vec::<Fake>::new();
        let mut running = Vec::<Fake>::new();
        let mut suspended = Vec::<Fake>::new();
        let mut resuming = Vec::<usize>::new();
        let (mut pushed, mut gone) = (0, 0);
        let mut last_direct = BTreeMap::new();
        let mut last_claimed = BTreeMap::new();
        for step in steps {
            match step {
                Step::Push { function, needs_claim, priority, key } => {
                    let job = Fake {
                        priority,
                        key: key.map(|key| (key.to_string().into(), per_key)),
                        concurrency,
                        needs_claim,
                        queued_at: now,
                        ..direct(ids[function], pushed)
                    };
                    pushed += 1;
                    lanes.push(job, now);
                }
                Step::Take if running.len() < instances => match lanes.take(instances, now) {
                    Some(Turn::Run(job)) => {
                        let last = if job.needs_claim { &mut last_claimed } else { &mut last_direct };
                        let kind = (job.function, job.priority, job.key.clone());
                        let before = last.insert(kind, job.number);
                        prop_assert!(before < Some(job.number), "out of order: {:?}", job);
                        running.push(job);
                    }
                    Some(Turn::Claim(jobs)) => {
                        prop_assert!(!jobs.is_empty());
                        claiming.extend(jobs);
                    }
                    Some(Turn::Resume(number)) => {
                        let at = suspended.iter().position(|job| job.number == number);
                        let job = suspended.remove(at.unwrap());
                        // The first of its function that could go on.
                        let of_it = |number: &usize| {
                            suspended.iter().any(|other| {
                                other.number == *number && other.function == job.function
                            })
                        };
                        let place = resuming.iter().position(|other| *other == number).unwrap();
                        prop_assert!(!resuming[..place].iter().any(of_it));
                        resuming.remove(place);
                        running.push(job);
                    }
                    None => {
                        for id in &ids {
                            let held = running.iter().filter(|job| job.function == *id).count();
                            let is_last = instances == max_instances
                                && per_function < max_instances
                                && running.len() + 1 == instances;
                            if held == 0 || (held < per_function && !is_last) {
                                let lane = lanes.lanes.get(id);
                                let is_unready = lane.is_none_or(|lane| {
                                    lane.claimed.is_empty() && lane.resuming.is_empty()
                                });
                                prop_assert!(is_unready);
                            }
                        }
                    }
                },
                Step::Take => {}
                Step::Finish(which) => if let Some(at) = pick(which, running.len()) {
                    let job = running.remove(at);
                    lanes.finish(job.function, job.key.as_ref().map(|(key, _)| key), now);
                    gone += 1;
                },
                // Claims are stored in the order in which they were asked for.
                Step::Claimed => if !claiming.is_empty() {
                    lanes.claimed(claiming.remove(0), now);
                },
                Step::Refused => if !claiming.is_empty() {
                    lanes.not_claimed(&claiming.remove(0), now);
                    gone += 1;
                },
                Step::Remove(which) => if let Some(number) = pick(which, pushed) {
                    gone += usize::from(lanes.remove(|job| job.number == number, now).is_some());
                },
                Step::Suspend(which) => if let Some(at) = pick(which, running.len()) {
                    let function = running[at].function;
                    let own = suspended.iter().filter(|job| job.function == function).count();
                    let may = suspended.len() < 4 && own < 3;
                    prop_assert_eq!(lanes.suspend(function, now), may);
                    if may {
                        suspended.push(running.remove(at));
                    }
                },
                Step::Resume(which) => if let Some(at) = pick(which, suspended.len()) {
                    let job = &suspended[at];
                    if !resuming.contains(&job.number) {
                        resuming.push(job.number);
                        lanes.resume(job.function, job.number, now);
                    }
                },
                Step::FinishSuspended(which) => if let Some(at) = pick(which, suspended.len()) {
                    let job = suspended.remove(at);
                    resuming.retain(|number| *number != job.number);
                    let key = job.key.as_ref().map(|(key, _)| key);
                    let is_it = |number: &usize| *number == job.number;
                    lanes.finish_suspended(job.function, key, is_it, now);
                    gone += 1;
                },
                Step::Pass(micros) => now += Duration::from_micros(micros),
            }
            let counts = lanes.counts();
            prop_assert_eq!(counts.running, running.len());
            prop_assert_eq!(counts.suspended, suspended.len());
            let begun = running.len() + suspended.len();
            prop_assert_eq!(counts.queued + begun + gone, pushed);
            for id in &ids {
                let of_it = |jobs: &[Fake]| jobs.iter().filter(|job| job.function == *id).count();
                let held = of_it(&running);
                prop_assert!(held <= per_function);
                let claimed = lanes.lanes.get(id).map_or(0, |lane| lane.claimed.len());
                let active = held + of_it(&suspended) + of_it(&claiming) + claimed;
                prop_assert!(active <= concurrency);
                for key in ["0", "1", "2"] {
                    let begun = running.iter().chain(&suspended).chain(&claiming);
                    let of_key = |job: &&Fake| {
                        job.function == *id && job.key.as_ref().is_some_and(|(of, _)| &**of == key)
                    };
                    prop_assert!(begun.filter(of_key).count() <= per_key);
                }
            }
            prop_assert!(lanes.claimed + lanes.claiming <= CLAIMS_PER_INSTANCE * instances);
        }
    }

    /// Nobody starves: in any mix of functions that always have work, each gets at least half of an
    /// equal share of the run time.
    #[test]
    fn every_function_gets_its_share(
        services in proptest::collection::vec(1_u64..400, 1..6),
        instances in 1_usize..6,
    ) {
        let services: Vec<_> = services.into_iter().map(Duration::from_millis).collect();
        let length = Duration::from_secs(30);
        let got = contend(&services, (instances, instances), length);
        let all: Duration = got.iter().sum();
        let fair = all / u32::try_from(services.len()).unwrap();
        for one in &got {
            prop_assert!(*one >= fair / 2, "{:?} of {:?}: {:?}", one, fair, got);
        }
    }
}
