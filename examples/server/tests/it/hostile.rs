//! Hostile functions over HTTP: each must end as its file says, and a neighbour must be served.
//!
//! The functions are files in `tests/hostile`. Both isolations must give the same verdicts. They
//! differ in native loops, which a thread cannot interrupt: it is abandoned and uses a processor
//! until the loop ends, so those functions get servers of their own, a few at a time.
//!
//! No test here asserts on time. How long the neighbour waits is measured by the benchmark
//! `end-to-end -- neighbours`.

mod arena;
mod case;
mod footprint;

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use self::arena::{ATTACKERS, Arena, Ran};
use self::case::Case;
use self::footprint::Footprint;

/// How much the server's memory may grow. At the peak of an attack it has 2 GiB more; part of what
/// the allocator has in pieces stays.
const GROWTH: usize = 128 << 20;

/// The pause between two looks at a footprint, and how many looks a server gets to release
/// everything: only one that never does uses them up.
const PAUSE: Duration = Duration::from_millis(250);
const MAX_LOOKS: usize = 480;

const ISOLATIONS: &[&str] = if cfg!(target_os = "linux") {
    &["thread", "process"]
} else {
    &["thread"]
};

/// The tests compare footprints and use both processors, so they run one at a time.
static TURN: Mutex<()> = Mutex::new(());

#[test]
#[cfg(target_os = "linux")]
fn hostile_code_in_processes_ends_as_expected_beside_a_neighbour_and_leaves_nothing_behind() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let arena = Arena::open("process");
    let before = settled(&arena);
    check(&arena, &case::all());
    assert_eq!(arena.sample("faas_abandoned_threads_total"), 0);
    given_back(&arena, before);
}

#[test]
fn hostile_code_in_threads_ends_as_in_processes_and_every_thread_ends() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let arena = Arena::open("thread");
    let before = settled(&arena);
    let (_, cases) = native_loops();
    check(&arena, &cases);
    given_back(&arena, before);
}

#[test]
fn threads_in_native_loops_are_abandoned_and_counted() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (cases, _) = native_loops();
    for few in cases.chunks(ATTACKERS / 2) {
        let arena = Arena::open("thread");
        check(&arena, few);
        let given_up = arena.sample("faas_abandoned_threads_total");
        let names: Vec<_> = few.iter().map(|case| &case.name).collect();
        assert_eq!(given_up, few.len() as u64, "{names:?}");
    }
}

/// A later execution of the same version can see what a function changed in its isolate.
#[test]
fn state_of_a_function_is_invisible_to_other_functions_and_versions() {
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

/// Runs the cases and checks their verdicts. [`Arena::attack`] checks the neighbour.
fn check(arena: &Arena, cases: &[Case]) {
    assert_right(&arena.attack(cases));
}

fn assert_right(ran: &[Ran]) {
    let wrong: Vec<_> = ran
        .iter()
        .filter(|ran| !ran.wrong.is_empty())
        .map(|ran| format!("{}: {}", ran.case.name, ran.wrong.join("; ")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The footprint of the server after it has run something and no longer changes.
fn settled(arena: &Arena) -> Footprint {
    let warm_up = case::all().into_iter().filter(|case| {
        let class = case.name.split('/').next();
        class == Some("globals")
    });
    assert_right(&arena.attack(&warm_up.collect::<Vec<_>>()));
    let mut last = arena.footprint();
    loop {
        thread::park_timeout(PAUSE);
        let now = arena.footprint();
        if now.is_at_most(&last, 0) && last.is_at_most(&now, 0) {
            return now;
        }
        last = now;
    }
}

/// Waits until the server uses no more than `before`, apart from a little memory.
fn given_back(arena: &Arena, before: Footprint) {
    let mut after = arena.footprint();
    for _ in 0..MAX_LOOKS {
        after = arena.footprint();
        if after.is_at_most(&before, GROWTH) {
            return;
        }
        thread::park_timeout(PAUSE);
    }
    panic!("not released: {before:?} before, {after:?} after");
}
