//! A host with a malicious worker, and counts of the resources that it uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;

use super::malicious::{
    ARGUMENT, FAULT, HOST_BYTES, HOST_CALLS, LOG_BYTES, LOG_LINES, OUTPUT, pause,
};
use crate::clock::{Clock, SystemClock};
use crate::model::{ExecutionId, FunctionId, InstanceId, Json, Timestamp};
use crate::model::{Failure, FailureKind};
use crate::runtime::process::{Processes, ProcessesOptions, WorkerCommand};
use crate::runtime::{
    BindingNames, Call, CallContext, CallHost, HostAnswer, HostRequest, Instance, Limits,
    OpenEnvironment, Outcome, Program, Runtime, RuntimeError, StopSignal,
};

pub(super) const TIMEOUT: Duration = Duration::from_secs(1);

/// How much longer than its timeout a call may take on an overloaded machine, whatever its child
/// does.
pub(super) const LATE: Duration = Duration::from_secs(10);

/// A function whose code names the fault that its child commits.
pub(super) struct Function {
    id: FunctionId,
    program: Program,
}

impl Function {
    pub(super) const fn version(&self) -> (FunctionId, u32) {
        (self.id, 1)
    }
}

/// The host. Its binding `test` has the functions `echo` and `never`.
pub(super) struct Rig {
    pub(super) processes: Processes,
    tokio: tokio::runtime::Runtime,
    folder: PathBuf,
    clock: SystemClock,
}

impl Rig {
    /// Creates a host without blank children, so that every child was needed for a call.
    pub(super) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("faas-adversarial-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self {
            processes: processes(&folder),
            tokio: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap(),
            folder,
            clock: SystemClock::new(),
        }
    }

    pub(super) fn function(&self, code: &str) -> Function {
        Function {
            id: FunctionId::from_u128(u128::from(fastrand::u64(..))),
            program: self.processes.compile(&code.into()).unwrap(),
        }
    }

    /// Evicts the function's children.
    pub(super) fn forget(&self, function: &Function) {
        self.processes.forget(function.id);
    }

    pub(super) fn acquire(&self, function: &Function) -> Result<Box<dyn Instance>, RuntimeError> {
        self.tokio
            .block_on(self.processes.acquire(function.version()))
    }

    /// Calls `function` and returns the outcome.
    pub(super) fn call(&self, function: &Function, input: &str) -> Outcome {
        self.call_until(function, input, Arc::default())
    }

    /// Calls `function` with a stop signal.
    pub(super) fn call_until(
        &self,
        function: &Function,
        input: &str,
        stop: Arc<StopSignal>,
    ) -> Outcome {
        self.tokio
            .block_on(call(&self.processes, function, input, stop))
    }

    /// Calls `function` in an instance that was acquired before.
    pub(super) fn run(
        &self,
        instance: Box<dyn Instance>,
        function: &Function,
        input: &str,
    ) -> Outcome {
        let call = instance.run(made(function, input, Arc::default()));
        self.tokio.block_on(call)
    }

    /// Asserts that a correct function is served.
    pub(super) fn serves(&self, function: &Function) {
        let outcome = self.call(function, "[42]");
        assert_eq!(outcome.result.unwrap().as_str(), "[42]");
    }

    /// Makes the worker commit this fault at its next opportunity.
    pub(super) fn set_fault(&self, fault: &str) {
        fs::write(self.folder.join(FAULT), fault).unwrap();
    }

    /// Whether the worker has committed the fault.
    pub(super) fn has_misbehaved(&self) -> bool {
        !self.folder.join(FAULT).exists()
    }

    /// Runs `action` and returns its duration.
    pub(super) fn timed<T>(&self, action: impl FnOnce() -> T) -> (T, Duration) {
        let started = self.clock.monotonic();
        let value = action();
        (value, self.clock.monotonic() - started)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits until only this number of children is left, and returns the resources in use.
    pub(super) fn settled(&self, children: usize) -> Resources {
        while resources().processes != 1 + children {
            pause(5);
        }
        pause(50);
        resources()
    }

    /// Waits until this process uses as many descriptors and processes as `before`.
    pub(super) fn wait_for_only(&self, before: Resources) {
        let patience = self.clock.monotonic() + Duration::from_secs(8);
        while resources() != before {
            assert!(
                self.clock.monotonic() < patience,
                "{:?} in use, but {before:?} before",
                resources()
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

fn processes(folder: &Path) -> Processes {
    let arguments = [ARGUMENT.into(), folder.to_owned().into_os_string()];
    let options = ProcessesOptions {
        worker: WorkerCommand::this_program(arguments),
        blank_children: 0,
        compile_timeout: TIMEOUT,
        ..ProcessesOptions::default()
    };
    Processes::new(options).unwrap()
}

async fn call(
    processes: &Processes,
    function: &Function,
    input: &str,
    stop: Arc<StopSignal>,
) -> Outcome {
    match processes.acquire(function.version()).await {
        Ok(instance) => instance.run(made(function, input, stop)).await,
        Err(error) => Outcome {
            result: Err(Failure::new(FailureKind::Platform, error.to_string())),
            logs: Vec::new(),
            cold_start: true,
            cpu_time: Duration::ZERO,
        },
    }
}

fn made(function: &Function, input: &str, stop: Arc<StopSignal>) -> Call {
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
        host_calls: HOST_CALLS,
        host_bytes: HOST_BYTES,
    };
    Call {
        function: function.version(),
        program: function.program.clone(),
        environment: Arc::new(OpenEnvironment::EMPTY),
        bindings: Arc::new([BindingNames {
            name: "test".into(),
            functions: Arc::new(["echo".into(), "never".into()]),
        }]),
        input: Json::parse(input.to_owned()).unwrap(),
        is_http: false,
        context: Arc::new(context),
        limits,
        stop,
        host: Arc::new(Host),
    }
}

/// Answers `echo` at once.
struct Host;

#[async_trait]
impl CallHost for Host {
    fn wait(&self) -> bool {
        true
    }

    async fn resume(&self) -> Duration {
        Duration::ZERO
    }

    async fn call(&self, request: HostRequest) -> HostAnswer {
        match request {
            HostRequest::Call {
                function, argument, ..
            } if &*function == "echo" => Ok(argument),
            _ => std::future::pending().await,
        }
    }
}

/// The resources that this process uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resources {
    pub(super) descriptors: usize,
    /// All descendants, including ended ones that were not reaped.
    processes: usize,
}

pub(super) fn resources() -> Resources {
    Resources {
        descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
        processes: below(std::process::id()).len(),
    }
}

/// Returns the descendants of a process.
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

/// Another function, whose calls must be served all the time.
pub(super) struct Neighbour {
    done: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Neighbour {
    pub(super) fn start(rig: &Rig) -> Self {
        Self::of(rig.processes.clone(), rig)
    }

    /// Starts one with a worker of its own, whose idle children are not evicted for others.
    pub(super) fn apart(rig: &Rig) -> Self {
        Self::of(processes(&rig.folder.join("apart")), rig)
    }

    fn of(processes: Processes, rig: &Rig) -> Self {
        let function = rig.function("return input");
        let tokio = rig.tokio.handle().clone();
        let done = Arc::new(AtomicBool::new(false));
        let seen = done.clone();
        let thread = std::thread::spawn(move || {
            let mut served = 0;
            while !seen.load(Ordering::Relaxed) {
                let call = call(&processes, &function, "[1]", Arc::default());
                let outcome = tokio.block_on(call);
                assert_eq!(outcome.result.unwrap().as_str(), "[1]");
                assert_eq!(outcome.cold_start, served == 0);
                served += 1;
                pause(2);
            }
            served
        });
        Self { done, thread }
    }

    /// Stops it and returns the number of served calls.
    pub(super) fn stop(self) -> usize {
        self.done.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}
