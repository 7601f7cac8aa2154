//! A child process: serves one version of one function, or compiles one upload.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use super::channel::ChildEnds;
use super::flight_recorder::FlightRecorder;
use super::sandbox::{AddressSpace, Locked};
use super::wire::{
    self, AnswerHead, ArgumentHead, AskedHead, CallHead, DoneHead, Frames, HostCallHead, Line,
    Reply, Request, StreamActionHead, micros,
};
use super::worker::Zygote;
use crate::error::CompileError;
use crate::model::{ExecutionId, FunctionId, InstanceId, Json, Source, Timestamp};
use crate::runtime::step::{Asked, Ended, ForkedEngine, HostReply, Step};
use crate::runtime::{
    BindingNames, Call, CallContext, HostAnswer, HostError, Limits, OpenEnvironment, Payload,
    Program, StopReason, StopSignal, StreamAction,
};

/// The longest frame from the host, in bytes: an input of 6 MiB, or bytecode, with overhead.
const MAX_FRAME: usize = 64 << 20;

/// Address space, in bytes, besides the heap, for inputs, outputs and the allocator. User code
/// should reach the heap limit before this one.
const BESIDE_HEAP: u64 = 64 << 20;

/// A forked process inside its sandbox.
pub(super) struct Child<E: ForkedEngine> {
    ends: ChildEnds,
    /// `None` if the child is not sandboxed.
    address_space: Option<AddressSpace>,
    recorder: Arc<FlightRecorder>,
    isolate: E,
    bindings: Arc<[BindingNames]>,
    /// Answers of host calls, for the next step.
    replies: Vec<HostReply>,
}

/// A program that was received and not loaded yet.
struct Received<P> {
    program: ReceivedProgram<P>,
    environment: OpenEnvironment,
}

enum ReceivedProgram<P> {
    Compiled(P),
    Script(Source),
}

impl<E: ForkedEngine> Child<E> {
    /// Enters the sandbox in this newly forked process. `ends` is its only connection; `console` is
    /// memory that the host can read.
    ///
    /// # Errors
    /// When a restriction could not be applied.
    pub(super) fn new(ends: ChildEnds, console: OwnedFd, zygote: Zygote<E>) -> io::Result<Self> {
        let Zygote {
            locks, mut isolate, ..
        } = zygote;
        // Otherwise all children would produce the same random numbers.
        let mut seed = [0; 8];
        rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())?;
        let recorder = Arc::new(FlightRecorder::new(&console)?);
        drop(console);
        isolate.diverge(u64::from_le_bytes(seed), recorder.clone());
        let (ends, address_space) = match locks {
            Some(locks) => {
                let locked = locks.lock_child(ends).map_err(io::Error::other)?;
                let Locked {
                    ends,
                    address_space,
                } = locked;
                (ends, Some(address_space))
            }
            None => (ends, None),
        };
        Ok(Self {
            ends,
            address_space,
            recorder,
            isolate,
            bindings: Arc::new([]),
            replies: Vec::new(),
        })
    }

    /// Serves requests until the host closes the pipe, then exits.
    pub(super) fn serve(mut self) -> ! {
        let served = self.converse();
        std::process::exit(i32::from(served.is_err()))
    }

    fn converse(&mut self) -> io::Result<()> {
        let mut frames = Frames::default();
        let mut answer = Vec::new();
        let mut received = None;
        wire::append(&mut answer, &Reply::Ready, &[])?;
        self.ends.answers.write_all(&answer)?;
        answer.clear();
        while let Some(frame) = frames.next(&mut &self.ends.requests, MAX_FRAME)? {
            let (request, tail) = wire::parse::<Request<'_>>(frame)?;
            match request {
                Request::Load {
                    environment,
                    bindings,
                    is_script,
                } => {
                    let program = if is_script {
                        postcard::from_bytes(tail).ok().map(ReceivedProgram::Script)
                    } else {
                        E::load(tail).map(ReceivedProgram::Compiled)
                    };
                    let program = program.ok_or(wire::FrameError::Malformed)?;
                    self.bindings = bindings.into_iter().map(named).collect();
                    let environment = environment.unwrap_or_default().to_owned();
                    received = Some(Received {
                        program,
                        environment: OpenEnvironment::of_json(environment),
                    });
                    continue;
                }
                Request::Compile => {
                    self.limit(E::COMPILE_MEMORY as u64)?;
                    let source = postcard::from_bytes(tail);
                    let source = source.map_err(|_| wire::FrameError::Malformed)?;
                    say_compiled(self.isolate.compile(&source), &mut answer)?;
                }
                Request::CompileModules => {
                    self.limit(E::COMPILE_MEMORY as u64)?;
                    let modules = postcard::from_bytes::<Vec<_>>(tail);
                    let modules = modules.map_err(|_| wire::FrameError::Malformed)?;
                    say_compiled(
                        E::compile_presets(&modules).map(|all| (all, "")),
                        &mut answer,
                    )?;
                }
                Request::Call(head) => {
                    let received = received.take();
                    if received.is_some() {
                        self.limit(head.memory)?;
                    }
                    let step = self.start(&head, tail, received);
                    say(head.serial, step, &mut answer)?;
                }
                Request::Answer { id, answer, .. } => {
                    let answer = host_answer(&answer, tail)?;
                    self.replies.push(HostReply { id, answer });
                    continue;
                }
                Request::Go { serial, paused } => {
                    let replies = std::mem::take(&mut self.replies);
                    let paused = Duration::from_micros(paused);
                    say(serial, self.isolate.resume(paused, replies), &mut answer)?;
                }
                Request::Expire { serial } => {
                    let ended = self.isolate.stop(StopReason::Timeout);
                    say(serial, Step::Done(ended), &mut answer)?;
                }
            }
            self.ends.answers.write_all(&answer)?;
            answer.clear();
            answer.shrink_to(wire::KEPT_BUFFER);
            frames.shrink();
        }
        Ok(())
    }

    /// Limits the address space, for a heap limit of `memory` bytes. Allocators round up.
    fn limit(&self, memory: u64) -> io::Result<()> {
        let growth = memory
            .saturating_add(memory / 4)
            .saturating_add(BESIDE_HEAP);
        match self.address_space {
            Some(space) => space.limit_growth(growth).map_err(io::Error::other),
            None => Ok(()),
        }
    }

    /// Starts a call. `received` is its program, if it was not loaded yet.
    fn start(
        &mut self,
        head: &CallHead<'_>,
        input: &[u8],
        received: Option<Received<E::Program>>,
    ) -> Step {
        let function = FunctionId::from_u128(head.function_id);
        let context = CallContext {
            execution_id: ExecutionId::from_u128(head.execution_id),
            function_id: function,
            function_name: head.function_name.into(),
            attempt: head.attempt,
            deadline: Timestamp::from_micros(head.deadline),
            instance_id: InstanceId::new(head.instance_id),
        };
        let size = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
        let limits = Limits {
            timeout: Duration::from_micros(head.timeout),
            memory: size(head.memory),
            output: size(head.output),
            log_lines: size(head.log_lines),
            log_bytes: size(head.log_bytes),
            host_calls: size(head.host_calls),
            host_bytes: size(head.host_bytes),
        };
        self.recorder.begin(head.serial);
        let loads = received.is_some();
        let (program, environment) = match received {
            Some(Received {
                program: ReceivedProgram::Compiled(program),
                environment,
            }) => (Program::new(program), environment),
            Some(Received {
                program: ReceivedProgram::Script(source),
                environment,
            }) => match self.isolate.compile_script(&source) {
                Ok(program) => (Program::new(program), environment),
                Err(error) => return Step::Done(Ended::not_compiled(&error)),
            },
            None => (Program::new(()), OpenEnvironment::EMPTY),
        };
        let call = Call {
            function: (function, head.function_version),
            program,
            environment: Arc::new(environment),
            bindings: self.bindings.clone(),
            input: Json::trusted(input.to_vec()),
            is_http: head.is_http,
            context: Arc::new(context),
            limits,
            stop: Arc::new(StopSignal::default()),
            // The host's side is in the host.
            host: Arc::new(()),
        };
        self.isolate.start(call, loads)
    }
}

fn named((name, functions): (&str, Vec<&str>)) -> BindingNames {
    BindingNames {
        name: name.into(),
        functions: functions.into_iter().map(Arc::from).collect(),
    }
}

fn host_answer(head: &AnswerHead<'_>, tail: &[u8]) -> io::Result<HostAnswer> {
    Ok(match head {
        AnswerHead::Bytes => Ok(Payload::Bytes(tail.to_vec().into())),
        AnswerHead::Stream(number) => Ok(Payload::Stream(*number)),
        AnswerHead::Json => {
            let text = std::str::from_utf8(tail).map_err(|_| wire::FrameError::Malformed)?;
            Ok(Payload::Json(Json::trusted(text.to_owned())))
        }
        AnswerHead::Error { code, message } => {
            Err(HostError::new((*code).to_owned(), (*message).to_owned()))
        }
    })
}

/// Appends the end of a step.
fn say(serial: u64, step: Step, answer: &mut Vec<u8>) -> Result<(), wire::FrameError> {
    let wait = match step {
        Step::Done(ended) => return done(serial, &ended, answer),
        Step::Wait(wait) => wait,
    };
    let index = |index: usize| u32::try_from(index).map_err(|_| wire::FrameError::Malformed);
    for call in wait.calls {
        let (asked, tail) = match &call.asked {
            Asked::Call {
                binding,
                function,
                argument,
            } => {
                let (argument, tail): (_, &[u8]) = match argument {
                    Payload::Json(json) => (ArgumentHead::Json, json.bytes()),
                    Payload::Bytes(bytes) => (ArgumentHead::Bytes, bytes),
                    Payload::Stream(number) => (ArgumentHead::Stream(*number), &[]),
                };
                let (binding, function) = (index(*binding)?, index(*function)?);
                let head = AskedHead::Call {
                    binding,
                    function,
                    argument,
                };
                (head, tail)
            }
            Asked::Stream { stream, action } => {
                let (action, tail): (_, &[u8]) = match action {
                    StreamAction::Read => (StreamActionHead::Read, &[]),
                    StreamAction::Cancel => (StreamActionHead::Cancel, &[]),
                    StreamAction::Write(piece) => (StreamActionHead::Write, piece),
                    StreamAction::End => (StreamActionHead::End, &[]),
                    StreamAction::Abort => (StreamActionHead::Abort, &[]),
                };
                let stream = *stream;
                (AskedHead::Stream { stream, action }, tail)
            }
        };
        let id = call.id;
        let head = HostCallHead { serial, id, asked };
        wire::append(answer, &Reply::HostCall(head), tail)?;
    }
    let after = wait.after.map(micros);
    wire::append(answer, &Reply::Wait { serial, after }, &[])
}

fn done(serial: u64, ended: &Ended, answer: &mut Vec<u8>) -> Result<(), wire::FrameError> {
    let (failure, output) = match &ended.result {
        Ok(output) => (None, output.bytes().as_ref()),
        Err(failure) => (Some(failure.clone()), [].as_slice()),
    };
    let lines = ended.logs.iter().map(|line| Line {
        level: line.level,
        at: line.at.as_micros(),
        message: &line.message,
    });
    let retry = failure.as_ref().map(|failure| failure.retry);
    let head = DoneHead {
        serial,
        failure,
        retry: retry.unwrap_or_default(),
        logs: lines.collect(),
        reusable: ended.reusable,
    };
    wire::append(answer, &Reply::Done(head), output)
}

/// Appends what a compiler returned: a program, and how the engine calls it.
fn say_compiled(
    compiled: Result<(Vec<u8>, &str), CompileError>,
    answer: &mut Vec<u8>,
) -> Result<(), wire::FrameError> {
    match compiled {
        Ok((program, handler)) => {
            let handler = handler.into();
            wire::append(answer, &Reply::Compiled { handler }, &program)
        }
        Err(error) => {
            let CompileError {
                message,
                line,
                column,
                temporary,
            } = error;
            let head = Reply::Refused {
                message,
                line,
                column,
                temporary,
            };
            wire::append(answer, &head, &[])
        }
    }
}
