//! Functions that mean harm, over HTTP: each ends in time and as it should, and nobody else notices.
//!
//! The functions are files, in `tests/hostile` of the workspace. Each isolation must give the same
//! verdicts. What the two promise beyond that differs: a process is killed when its time is up,
//! whatever it does; a thread in a native loop can only be given up, and keeps a processor busy
//! for as long as the loop takes. So those functions get servers of their own there, a few at a time.

mod arena;
mod case;
mod footprint;

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use self::arena::{ATTACKERS, Arena, Attack, Ran};
use self::case::Case;
use self::footprint::Footprint;

/// How far an execution may run past its timeout, in a process of its own.
const GRACE: Duration = Duration::from_millis(250);

/// In a thread, which is given up after [`GRACE`]: and then for the watchdog's rounds.
const THREAD_GRACE: Duration = Duration::from_millis(600);

/// What a neighbour may have to wait, in all but one call of a hundred.
const NEIGHBOUR_P99: Duration = Duration::from_millis(100);

/// By how much the server's memory may have grown at the end.
const GROWTH: usize = 64 << 20;

/// How long what was used may take to be given back.
const SETTLING: Duration = Duration::from_secs(20);

const ISOLATIONS: &[&str] = if cfg!(target_os = "linux") {
    &["thread", "process"]
} else {
    &["thread"]
};

/// They measure, so one goes after the other.
static TURN: Mutex<()> = Mutex::new(());

#[test]
#[cfg(target_os = "linux")]
fn hostile_code_in_processes_ends_in_time_and_nobody_else_notices() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let arena = Arena::open("process");
    let before = settled(&arena);
    check(&arena, &case::all(), GRACE, true);
    assert_eq!(arena.sample("faas_abandoned_threads_total"), 0);
    given_back(&arena, before);
}

#[test]
fn hostile_code_in_threads_ends_as_it_does_in_processes_and_every_thread_comes_back() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let arena = Arena::open("thread");
    let before = settled(&arena);
    let (_, cases) = native_loops();
    check(&arena, &cases, THREAD_GRACE, false);
    given_back(&arena, before);
}

#[test]
fn native_loops_in_threads_are_given_up_and_counted() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (cases, _) = native_loops();
    for few in cases.chunks(ATTACKERS / 2) {
        let arena = Arena::open("thread");
        check(&arena, few, THREAD_GRACE, false);
        let given_up = arena.sample("faas_abandoned_threads_total");
        let names: Vec<_> = few.iter().map(|case| &case.name).collect();
        assert_eq!(given_up, few.len() as u64, "{names:?}");
    }
}

/// What a function changes in its isolate a later execution of the same version may find.
#[test]
fn what_a_function_leaves_behind_no_other_function_and_no_other_version_finds() {
    let pollute = "globalThis.left = 1; Object.prototype.left = 1; Array.prototype.map = null; \
                   JSON.stringify = () => 'x'; Promise = null; return 1";
    let look = "return [typeof globalThis.left, typeof {}.left, typeof [].map, \
                JSON.stringify(1), typeof Promise].join()";
    let clean = "undefined,undefined,function,1,function";
    for isolation in ISOLATIONS {
        let arena = Arena::open(isolation);
        let function = arena.upload("polluted", pollute, 5_000_u64).unwrap();
        let other = arena.upload("other", look, 5_000_u64).unwrap();
        for _ in 0..20 {
            assert_eq!(arena.execute(&function, "{}")["output"], 1);
            assert_eq!(arena.execute(&other, "{}")["output"], clean);
        }
        let body = serde_json::json!({ "code": look }).to_string();
        let path = format!("/api/functions/{function}");
        let (status, answer) = arena.server.send("PUT", &path, &body);
        assert_eq!(status, 200, "{answer}");
        for _ in 0..20 {
            assert_eq!(arena.execute(&function, "{}")["output"], clean);
        }
    }
}

/// Those that a thread cannot stop, and the others.
fn native_loops() -> (Vec<Case>, Vec<Case>) {
    case::all()
        .into_iter()
        .partition(|case| case.outlives_a_thread)
}

/// Attacks, and asserts what must come of it. A machine that was busy with something else has a
/// second chance where it was slow, and only there.
fn check(arena: &Arena, cases: &[Case], grace: Duration, neighbour_counts: bool) {
    let attack = arena.attack(cases);
    tell(&attack);
    assert_right(&attack.ran);
    let late = attack.ran.into_iter().filter(|ran| ran.overrun > grace);
    let late = late.map(|ran| arena.run(ran.case)).collect::<Vec<_>>();
    assert_right(&late);
    for ran in &late {
        let (name, overrun) = (&ran.case.name, ran.overrun);
        assert!(
            overrun <= grace,
            "{name} ran {overrun:?} past its timeout, twice"
        );
    }
    if neighbour_counts && p99(&attack.neighbour) > NEIGHBOUR_P99 {
        let again = arena.attack(cases);
        tell(&again);
        let p99 = p99(&again.neighbour);
        assert!(p99 <= NEIGHBOUR_P99, "the neighbour waited {p99:?}, twice");
    }
}

fn assert_right(ran: &[Ran]) {
    let wrong: Vec<_> = ran
        .iter()
        .filter(|ran| !ran.wrong.is_empty())
        .map(|ran| format!("{}: {}", ran.case.name, ran.wrong.join("; ")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn tell(attack: &Attack) {
    let latest = attack.ran.iter().max_by_key(|ran| ran.overrun);
    let latest = latest.map(|ran| (&ran.case.name, ran.overrun));
    eprintln!(
        "{} functions; the neighbour: {} calls, p50 {:?}, p99 {:?}, max {:?}; latest {latest:?}",
        attack.ran.len(),
        attack.neighbour.len(),
        attack.neighbour[attack.neighbour.len() / 2],
        p99(&attack.neighbour),
        attack.neighbour.last(),
    );
}

fn p99(sorted: &[Duration]) -> Duration {
    sorted[(sorted.len() * 99 / 100).min(sorted.len() - 1)]
}

/// What the server holds when it has run something, and has come to rest.
fn settled(arena: &Arena) -> Footprint {
    let warm_up = case::all().into_iter().filter(|case| {
        let class = case.name.split('/').next();
        class == Some("globals")
    });
    assert_right(&arena.attack(&warm_up.collect::<Vec<_>>()).ran);
    thread::park_timeout(Duration::from_secs(1));
    arena.footprint()
}

/// Waits until the server holds no more than `before`, and a little memory.
fn given_back(arena: &Arena, before: Footprint) {
    const PAUSE: Duration = Duration::from_millis(250);
    let mut after = arena.footprint();
    for _ in 0..SETTLING.as_millis() / PAUSE.as_millis() {
        after = arena.footprint();
        if after.memory <= before.memory + GROWTH
            && after.descendants <= before.descendants
            && after.descriptors <= before.descriptors
            && after.threads <= before.threads
        {
            eprintln!("given back: {before:?}, {after:?}");
            return;
        }
        thread::park_timeout(PAUSE);
    }
    panic!("not given back: {before:?} before, {after:?} after");
}
