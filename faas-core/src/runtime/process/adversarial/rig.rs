//! A host whose worker lies when it is told to, and what can be counted of it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::impostor::{ARGUMENT, LIE, LOG_BYTES, LOG_LINES, OUTPUT, pause};
use crate::clock::{Clock, SystemClock};
use crate::model::{ExecutionId, FunctionId, InstanceId, Json, Timestamp};
use crate::runtime::process::{Processes, ProcessesOptions, WorkerCommand};
use crate::runtime::{
    Call, CallContext, Instance, Limits, OpenEnvironment, Outcome, Program, Runtime, StopSignal,
};

pub(super) const TIMEOUT: Duration = Duration::from_secs(1);

/// How much longer than its timeout a call may take, whatever its child does, on a machine that has
/// much else to do.
pub(super) const LATE: Duration = Duration::from_secs(10);

/// A function, as the code that tells its children what to do.
pub(super) struct Function {
    id: FunctionId,
    program: Program,
}

impl Function {
    pub(super) const fn version(&self) -> (FunctionId, u32) {
        (self.id, 1)
    }
}

/// The host.
pub(super) struct Rig {
    pub(super) processes: Processes,
    folder: PathBuf,
    clock: SystemClock,
}

impl Rig {
    /// A host without blank children: each child that there is was needed.
    pub(super) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("faas-adversarial-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let arguments = [ARGUMENT.into(), folder.clone().into_os_string()];
        let options = ProcessesOptions {
            worker: WorkerCommand::this_program(arguments),
            blank_children: 0,
            compile_timeout: TIMEOUT,
            ..ProcessesOptions::default()
        };
        Self {
            processes: Processes::new(options).unwrap(),
            folder,
            clock: SystemClock::new(),
        }
    }

    pub(super) fn function(&self, code: &str) -> Function {
        Function {
            id: FunctionId::from_u128(u128::from(fastrand::u64(..))),
            program: self.processes.compile(code).unwrap(),
        }
    }

    /// Lets go of the function's children.
    pub(super) fn forget(&self, function: &Function) {
        self.processes.forget(function.id);
    }

    pub(super) fn instance(&self) -> Box<dyn Instance> {
        self.processes.instance(&InstanceId::new("i-1")).unwrap()
    }

    /// Has the worker lie at its next opportunity.
    pub(super) fn tell(&self, lie: &str) {
        fs::write(self.folder.join(LIE), lie).unwrap();
    }

    /// Whether the lie was told.
    pub(super) fn has_lied(&self) -> bool {
        !self.folder.join(LIE).exists()
    }

    /// Runs `action` and says how long it took.
    pub(super) fn timed<T>(&self, action: impl FnOnce() -> T) -> (T, Duration) {
        let started = self.clock.monotonic();
        let value = action();
        (value, self.clock.monotonic() - started)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What is held once children that compiled are gone, and there are only so many others.
    pub(super) fn settled(&self, children: usize) -> Held {
        while held().processes != 1 + children {
            pause(5);
        }
        pause(50);
        held()
    }

    /// Waits until this process has as many descriptors and processes as it had.
    pub(super) fn has_only(&self, before: Held) {
        let patience = self.clock.monotonic() + Duration::from_secs(8);
        while held() != before {
            assert!(
                self.clock.monotonic() < patience,
                "{:?}, and before it was {before:?}",
                held()
            );
            pause(5);
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Calls `function` and waits for what becomes of it.
pub(super) fn call(instance: &mut dyn Instance, function: &Function, input: &str) -> Outcome {
    call_until(instance, function, input, &StopSignal::default())
}

/// Calls `function` so that it can be stopped.
pub(super) fn call_until(
    instance: &mut dyn Instance,
    function: &Function,
    input: &str,
    stop: &StopSignal,
) -> Outcome {
    let context = CallContext {
        execution_id: ExecutionId::from_u128(7),
        function_id: function.id,
        function_name: "adversarial".into(),
        attempt: 1,
        deadline: Timestamp::from_millis(1_769_868_309_123),
        instance_id: InstanceId::new("i-1"),
    };
    let limits = Limits {
        timeout: TIMEOUT,
        memory: 64 << 20,
        output: OUTPUT,
        log_lines: LOG_LINES,
        log_bytes: LOG_BYTES,
    };
    instance.run(&Call {
        function: function.version(),
        program: &function.program,
        environment: &OpenEnvironment::EMPTY,
        input: &Json::parse(input.to_owned()).unwrap(),
        context: &context,
        limits: &limits,
        stop,
    })
}

/// That an honest function is served.
pub(super) fn serves(instance: &mut dyn Instance, function: &Function) {
    let outcome = call(instance, function, "[42]");
    assert_eq!(outcome.result.unwrap().as_str(), "[42]");
}

/// What this process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) descriptors: usize,
    /// Of all below it, those that have ended and were not reaped too.
    processes: usize,
}

pub(super) fn held() -> Held {
    Held {
        descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
        processes: below(std::process::id()).len(),
    }
}

/// The processes below one.
pub(super) fn below(root: u32) -> Vec<u32> {
    let all: Vec<(u32, u32)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            let (_, rest) = stat.rsplit_once(')')?;
            Some((id, rest.split_whitespace().nth(1)?.parse().ok()?))
        })
        .collect();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(all.iter().filter(|(_, of)| *of == parent).map(|(id, _)| id));
        next += 1;
    }
    found.remove(0);
    found
}

/// Somebody else, whose calls are to be served all the time.
pub(super) struct Neighbour {
    done: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Neighbour {
    pub(super) fn move_in(rig: &Rig) -> Self {
        let function = rig.function("return input");
        let processes = rig.processes.clone();
        let done = Arc::new(AtomicBool::new(false));
        let seen = done.clone();
        let thread = std::thread::spawn(move || {
            let mut instance = processes.instance(&InstanceId::new("i-2")).unwrap();
            let mut served = 0;
            while !seen.load(Ordering::Relaxed) {
                let outcome = call(&mut *instance, &function, "[1]");
                assert_eq!(outcome.result.unwrap().as_str(), "[1]");
                assert_eq!(outcome.cold_start, served == 0);
                served += 1;
                pause(2);
            }
            served
        });
        Self { done, thread }
    }

    /// How many of its calls were served: all.
    pub(super) fn move_out(self) -> usize {
        self.done.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}
