//! Compiles an upload, or the modules of a host, in a child of its own.

use std::time::Duration;

use super::answer::Lost;
use super::outgoing::Loadable;
use super::remote::RemoteIsolate;
use super::wire::{self, Reply, Request};
use crate::error::CompileError;
use crate::model::Source;
use crate::runtime::Program;
use crate::runtime::pool::Isolate;
use crate::runtime::quickjs::{cannot_now, plain};

/// The longest answer, in bytes. A program is several times as long as its source.
const MAX_ANSWER: usize = 64 << 20;

/// The longest message of a compile error, in bytes.
pub(super) const MAX_MESSAGE: usize = 8 << 10;

/// The longest name of a handler, in bytes.
const MAX_HANDLER: usize = 64;

/// A program, and how the engine calls it.
pub(super) type Compiled = (Box<[u8]>, String);

/// Compiles `source` in `child`, which must be blank. The timeout counts from `started`.
pub(super) fn compile(
    child: &mut RemoteIsolate,
    source: &Source,
    started: Duration,
    timeout: Duration,
) -> Result<Program, CompileError> {
    let source = postcard::to_allocvec(source).map_err(|_| unsendable())?;
    let (program, handler) = ask(child, &Request::Compile, &source, started, timeout)?;
    Ok(Program::new(Loadable::Program(program)).with_handler(&handler))
}

/// Compiles `modules` of the host, pairs of a name and a text, in `child`, which must be blank. The
/// timeout counts from `started`.
pub(super) fn compile_modules(
    child: &mut RemoteIsolate,
    modules: &[(&str, &str)],
    started: Duration,
    timeout: Duration,
) -> Result<Box<[u8]>, CompileError> {
    let modules = postcard::to_allocvec(modules).map_err(|_| unsendable())?;
    let (modules, _) = ask(child, &Request::CompileModules, &modules, started, timeout)?;
    Ok(modules)
}

/// Wraps `source` for the child that compiles and runs it.
pub(super) fn script(source: &Source) -> Option<Program> {
    let source = postcard::to_allocvec(source).ok()?;
    Some(Program::new(Loadable::Script(source.into())))
}

fn unsendable() -> CompileError {
    cannot_now("the code cannot be sent to the compiler")
}

fn ask(
    child: &mut RemoteIsolate,
    request: &Request<'_>,
    source: &[u8],
    started: Duration,
    timeout: Duration,
) -> Result<Compiled, CompileError> {
    let answered = child
        .outgoing
        .add(request, source)
        .and_then(|()| read(child.exchange(started, timeout, MAX_ANSWER)?));
    if answered.is_err() {
        Isolate::kill(child);
    }
    match answered {
        Ok(compiled) => compiled,
        Err(Lost::Late) => Err(plain(format!(
            "compiling took longer than {} ms",
            timeout.as_millis()
        ))),
        Err(Lost::Invalid(_) | Lost::Burnt(_) | Lost::Stopped(_)) => {
            Err(plain("the compiler failed on this code"))
        }
        Err(Lost::Ended) => Err(match child.end() {
            Some(_) => plain("the compiler failed on this code"),
            None => cannot_now("the worker process has ended"),
        }),
    }
}

pub(super) fn read(answer: &[u8]) -> Result<Result<Compiled, CompileError>, Lost> {
    let (reply, program) = wire::parse::<Reply<'_>>(answer)?;
    match reply {
        Reply::Compiled { handler } if is_name(&handler) => {
            Ok(Ok((program.into(), handler.into_owned())))
        }
        Reply::Refused {
            message,
            line,
            column,
            temporary,
        } if message.len() <= MAX_MESSAGE => Ok(Err(CompileError {
            message,
            line,
            column,
            temporary,
        })),
        _ => Err(Lost::Invalid("answer to another request".to_owned())),
    }
}

/// Whether a child's text can be the name of a handler.
fn is_name(text: &str) -> bool {
    text.len() <= MAX_HANDLER
        && (text.bytes()).all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
}
