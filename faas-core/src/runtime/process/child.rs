//! A child process: serves one version of one function, or compiles one upload.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use super::channel::ChildEnds;
use super::flight_recorder::FlightRecorder;
use super::sandbox::{AddressSpace, Locked};
use super::wire::{self, CallHead, DoneHead, Frames, Line, Reply, Request};
use super::worker::Zygote;
use crate::error::CompileError;
use crate::model::{ExecutionId, FunctionId, InstanceId, Json, Timestamp};
use crate::runtime::pool::{Ended, Isolate as _};
use crate::runtime::quickjs::{self, Bytecode, COMPILE_MEMORY, Compiled, Isolate};
use crate::runtime::{Call, CallContext, Limits, OpenEnvironment, Program, StopSignal};

/// The longest frame from the host, in bytes: an input of 6 MiB, or bytecode, with overhead.
const MAX_FRAME: usize = 64 << 20;

/// Address space, in bytes, besides the heap, for inputs, outputs and the allocator. User code
/// should reach the heap limit before this one.
const BESIDE_HEAP: u64 = 64 << 20;

/// A forked process inside its sandbox.
pub(super) struct Child {
    ends: ChildEnds,
    /// `None` if the child is not sandboxed.
    address_space: Option<AddressSpace>,
    recorder: Arc<FlightRecorder>,
    isolate: Isolate,
}

impl Child {
    /// Enters the sandbox in this newly forked process. `ends` is its only connection; `console` is
    /// memory that the host can read.
    ///
    /// # Errors
    /// When a restriction could not be applied.
    pub(super) fn new(ends: ChildEnds, console: OwnedFd, zygote: Zygote) -> io::Result<Self> {
        let Zygote {
            locks, mut isolate, ..
        } = zygote;
        // Otherwise all children would produce the same random numbers.
        let mut seed = [0; 8];
        rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())?;
        isolate.seed(u64::from_le_bytes(seed));
        let recorder = Arc::new(FlightRecorder::new(&console)?);
        drop(console);
        isolate.record_lines(recorder.clone());
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
        let mut loaded = None;
        wire::append(&mut answer, &Reply::Ready, &[])?;
        self.ends.answers.write_all(&answer)?;
        answer.clear();
        while let Some(frame) = frames.next(&mut &self.ends.requests, MAX_FRAME)? {
            let (request, tail) = wire::parse::<Request<'_>>(frame)?;
            match request {
                Request::Load {
                    form,
                    reads_context,
                    environment,
                } => {
                    let program = Compiled {
                        form,
                        bytecode: Bytecode::received(tail),
                        reads_context,
                    };
                    let environment = environment.unwrap_or_default().to_owned();
                    loaded = Some((program, OpenEnvironment::of_json(environment)));
                    continue;
                }
                Request::Compile => {
                    self.limit(COMPILE_MEMORY as u64)?;
                    compile(tail, &mut answer)?;
                }
                Request::Call(head) => {
                    let loaded = loaded.take();
                    if loaded.is_some() {
                        self.limit(head.memory)?;
                    }
                    self.call(&head, tail, loaded.as_ref(), &mut answer)?;
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

    fn call(
        &mut self,
        head: &CallHead<'_>,
        input: &[u8],
        loaded: Option<&(Compiled, OpenEnvironment)>,
        answer: &mut Vec<u8>,
    ) -> io::Result<()> {
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
        };
        self.recorder.begin(head.serial);
        let ended = self.isolate.run(
            &Call {
                function: (function, head.function_version),
                program: &Program::new(()),
                input: &Json::trusted(input.to_vec()),
                context: &context,
                environment: loaded.map_or(&OpenEnvironment::EMPTY, |(_, environment)| environment),
                limits: &limits,
                stop: &StopSignal::default(),
            },
            loaded.map(|(program, _)| program),
        );
        Ok(done(head.serial, &ended, answer)?)
    }
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
    let head = DoneHead {
        serial,
        failure,
        logs: lines.collect(),
        reusable: ended.reusable,
    };
    wire::append(answer, &Reply::Done(head), output)
}

fn compile(text: &[u8], answer: &mut Vec<u8>) -> Result<(), wire::FrameError> {
    let source = std::str::from_utf8(text).map_err(|_| wire::FrameError::Malformed)?;
    match quickjs::compile_here(source) {
        Ok(compiled) => {
            let head = Reply::Compiled {
                form: compiled.form,
                reads_context: compiled.reads_context,
            };
            wire::append(answer, &head, compiled.bytecode.bytes())
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
