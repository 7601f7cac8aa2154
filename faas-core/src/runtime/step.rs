//! Steps: what a call does until it waits or ends.
//!
//! A JavaScript engine runs code in steps and never blocks ([`JsEngine`]). The pool, the threads and
//! the child processes need nothing else of an engine (a child also [`ForkedEngine`]), so that
//! another one can be added. What happens between two steps of a call is in `pool/drive.rs`.

use std::any::Any;
use std::fmt;
use std::time::Duration;
#[cfg(target_os = "linux")]
use std::{io, sync::Arc};

use super::{Call, HostAnswer, Payload, StopReason, StreamAction};
use crate::error::CompileError;
use crate::model::{Failure, FailureKind, Json, LogLine};
#[cfg(target_os = "linux")]
use crate::{clock::Clock, model::Source};

/// An isolate of a JavaScript engine, for one version of one function. It runs one call at a time.
/// Between two steps nothing of the call is on any stack, so the next step can run on another
/// thread.
pub(super) trait JsEngine: Send + fmt::Debug + 'static {
    /// The compiled form of a function.
    type Program: Any + Send + Sync;

    /// Starts a call. If `loads`, loads the call's program first.
    fn start(&mut self, call: Call, loads: bool) -> Step;

    /// Continues the call after [`Step::Wait`]. Its deadline is `paused` later than before.
    fn resume(&mut self, paused: Duration, replies: Vec<HostReply>) -> Step;

    /// Ends the call while it waits. Runs none of its code.
    fn stop(&mut self, reason: StopReason) -> Ended;

    /// Returns the isolate's memory in bytes.
    fn bytes(&self) -> usize;
}

/// What a child process needs of an engine, and its zygote: an isolate that is copied by a fork.
#[cfg(target_os = "linux")]
pub(super) trait ForkedEngine: JsEngine + Sized {
    /// The memory that compiling one upload may take, in bytes.
    const COMPILE_MEMORY: usize;

    /// Creates a blank isolate.
    ///
    /// # Errors
    /// When there is no memory for it.
    fn blank(clock: Arc<dyn Clock>) -> io::Result<Self>;

    /// Lets code make code from text, in this isolate and its copies.
    fn allow_eval(&mut self);

    /// Prepares the memory of this process for forks. Called once, before the first.
    fn settle(&mut self);

    /// Gives this copy of the isolate its own random numbers, and a recorder for console lines.
    fn diverge(&mut self, seed: u64, recorder: Arc<dyn LineRecorder>);

    /// Compiles modules of the host, as pairs of a name and a text, for [`Self::preset`].
    ///
    /// # Errors
    /// Returns what is wrong with a module and where.
    fn compile_presets(modules: &[(String, String)]) -> Result<Vec<u8>, CompileError>;

    /// Lets code of this isolate and its copies import modules that were compiled. Called once.
    /// Returns `None` if the bytes are no modules, or there is no memory for them.
    fn preset(&mut self, modules: &[u8]) -> Option<()>;

    /// Compiles an upload into a program for [`Self::load`], and says how the engine calls the code
    /// ([`Program::with_handler`](super::Program::with_handler)). Engines trust it as they trust native
    /// code: only a child that serves nobody but its owner may load it.
    ///
    /// # Errors
    /// Returns what is wrong with the code and where.
    fn compile(&self, source: &Source) -> Result<(Vec<u8>, &'static str), CompileError>;

    /// Restores a compiled program; `None` if the bytes are not one.
    fn load(program: &[u8]) -> Option<Self::Program>;

    /// Compiles code that runs in this isolate only.
    ///
    /// # Errors
    /// Returns what is wrong with the code and where.
    fn compile_script(&self, source: &Source) -> Result<Self::Program, CompileError>;
}

/// Receives each console line that is kept, as soon as it is written.
pub(super) trait LineRecorder: Send + Sync + fmt::Debug {
    /// Records a line.
    fn record(&self, line: &LogLine);
}

/// The result of a step.
#[derive(Debug)]
pub(super) enum Step {
    /// The call has ended.
    Done(Ended),
    /// The call waits and uses no processor.
    Wait(Wait),
}

/// The end of a call in an isolate.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) result: Result<Json, Failure>,
    pub(super) logs: Vec<LogLine>,
    /// Whether the isolate can take another call.
    pub(super) reusable: bool,
}

impl Ended {
    /// The end of a call that the platform failed. The isolate is lost.
    pub(super) fn platform(message: impl Into<String>) -> Self {
        Self {
            result: Err(Failure::new(FailureKind::Platform, message)),
            logs: Vec::new(),
            reusable: false,
        }
    }

    /// The end of a call whose code does not compile. The isolate has not run it.
    pub(super) fn not_compiled(error: &CompileError) -> Self {
        let kind = match error.temporary {
            true => FailureKind::Platform,
            false => FailureKind::UserError,
        };
        Self {
            result: Err(Failure::new(kind, error.to_string())),
            logs: Vec::new(),
            reusable: true,
        }
    }
}

/// What a call waits for: the first of its timer and the answers to its host calls.
#[derive(Debug)]
pub(super) struct Wait {
    /// The time until its next timer; `None` without a timer.
    pub(super) after: Option<Duration>,
    /// Further host calls.
    pub(super) calls: Vec<HostCall>,
}

/// A request of user code to its host.
#[derive(Debug)]
pub(super) struct HostCall {
    /// Repeated in the reply. Unique within the call.
    pub(super) id: u64,
    pub(super) asked: Asked,
}

/// What user code asks of its host.
#[derive(Debug)]
pub(super) enum Asked {
    Call {
        /// The index of the binding in [`Call::bindings`].
        binding: usize,
        /// The index of the function in the binding.
        function: usize,
        argument: Payload,
    },
    Stream {
        stream: u64,
        action: StreamAction,
    },
}

/// The reply to a host call.
#[derive(Debug)]
pub(super) struct HostReply {
    pub(super) id: u64,
    pub(super) answer: HostAnswer,
}
