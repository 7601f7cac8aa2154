//! Tests that everything the engine needs still works in the sandbox.

use std::collections::HashMap;
use std::ffi::c_int;
use std::io::{Read, Write};
use std::panic::catch_unwind;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use rquickjs::{Context, Runtime};

use super::super::{Locked, lock_zygote};
use super::fresh::{
    End, WORKED, address, call, fork, in_fresh_process, in_sandboxed_child, wait_for,
};
use crate::clock::{Clock, SystemClock};
use crate::runtime::process::channel;

fn ends_with(end: End, run: fn(Locked) -> c_int) {
    let prepared = lock_zygote().unwrap();
    assert_eq!(in_sandboxed_child(&prepared, run), end);
}

macro_rules! a_sandboxed_child {
    ($($name:ident: $end:expr, $run:expr;)*) => {
        mod a_sandboxed_child {
            use super::*;
            $(
                #[test]
                fn $name() {
                    in_fresh_process(module_path!(), stringify!($name), || ends_with($end, $run));
                }
            )*
        }
    };
}

a_sandboxed_child! {
    can_allocate_memory: WORKED, |_| {
        for megabytes in [100, 1, 100] {
            let mut memory = vec![1_u8; megabytes << 20];
            memory.resize(memory.len() + (20 << 20), 2);
            assert_eq!(memory.last(), Some(&2));
        }
        let small: Vec<Box<[u8]>> = (0..100_000).map(|n| vec![7; n % 500].into()).collect();
        c_int::from(small.len() != 100_000)
    };
    can_read_clocks_and_sleep: WORKED, |_| {
        let clock = SystemClock::new();
        let (wall, start) = (clock.now(), clock.monotonic());
        let nothing = (Mutex::new(()), Condvar::new());
        let wait = Duration::from_millis(5);
        drop(nothing.1.wait_timeout(nothing.0.lock().unwrap(), wait).unwrap());
        let sleep = [0_u64, 5_000_000];
        assert_eq!(call(libc::SYS_nanosleep, [address(&sleep), 0]), 0);
        assert!(clock.monotonic() >= start + wait);
        c_int::from(clock.now() < wall)
    };
    has_random_numbers: WORKED, |_| {
        let map: HashMap<u32, u32> = (0..1000).map(|n| (n, n)).collect();
        c_int::from(map.get(&999) != Some(&999))
    };
    can_catch_a_panic: WORKED, |_| {
        c_int::from(catch_unwind(|| panic!("caught by this test")).is_ok())
    };
    can_abort: End::Killed(libc::SIGABRT), |_| std::process::abort();
    aborts_on_stack_overflow: End::Killed(libc::SIGABRT), |_| {
        fn deeper(depth: u64) -> u64 {
            let here = std::hint::black_box([depth; 64]);
            if here[0] == u64::MAX { 0 } else { deeper(here[0] + 1) + here[1] }
        }
        c_int::from(deeper(0) == 0)
    };
    can_exit: End::Returned(3), |_| std::process::exit(3);
    can_close_its_pipes: WORKED, |locked| {
        drop(locked.ends);
        0
    };
    runs_javascript: WORKED, |_| {
        let runtime = Runtime::new().unwrap();
        let context = Context::full(&runtime).unwrap();
        context.with(|ctx| {
            let sum: f64 = ctx.eval("
                function f(i) { return JSON.parse(JSON.stringify({ i, s: 'x'.repeat(i) })).i; }
                let sum = 0;
                for (let i = 0; i < 5000; i++) sum += f(i);
                sum").unwrap();
            assert!((sum - 12_497_500.0).abs() < 0.5);
            let text: String = ctx.eval("'y'.repeat(1 << 20)").unwrap();
            assert_eq!(text.len(), 1 << 20);
            // Dates in the machine's time zone, and random numbers.
            let date: String = ctx.eval("
                new Date().toString() + new Date(2020, 6).getTimezoneOffset() + Math.random()
                ").unwrap();
            assert!(!date.is_empty());
            let deep: String = ctx.eval("
                function deep() { return deep() + 1; }
                try { deep() } catch (error) { error.name }").unwrap();
            assert_eq!(deep, "RangeError");
        });
        runtime.run_gc();
        0
    };
}

#[test]
fn a_sandboxed_child_reads_and_writes_its_pipes() {
    let test = "a_sandboxed_child_reads_and_writes_its_pipes";
    in_fresh_process(module_path!(), test, || {
        const LENGTH: usize = 1 << 20;
        let prepared = lock_zygote().unwrap();
        let (host, ends) = channel::open().unwrap();
        let child = fork(|| {
            let mut ends = prepared.lock_child(ends).unwrap().ends;
            let mut megabyte = vec![0; LENGTH];
            ends.requests.read_exact(&mut megabyte).unwrap();
            megabyte.reverse();
            ends.answers.write_all(&megabyte).unwrap();
            0
        });
        let clock = SystemClock::new();
        let mut host = host.until(clock.monotonic() + Duration::from_secs(20), &clock);
        let sent: Vec<u8> = (0..LENGTH).map(|n| (n % 251) as u8).collect();
        host.write_all(&sent).unwrap();
        let mut answer = vec![0; LENGTH];
        host.read_exact(&mut answer).unwrap();
        answer.reverse();
        assert!(answer == sent);
        assert_eq!(wait_for(child), WORKED);
    });
}
