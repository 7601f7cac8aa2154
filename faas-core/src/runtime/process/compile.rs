//! Having an upload parsed and compiled in a child, which is used for nothing else.

use std::time::Duration;

use super::answer::Lost;
use super::remote::{RemoteIsolate, Uploaded};
use super::wire::{self, Reply, Request};
use crate::error::CompileError;
use crate::runtime::quickjs::{cannot_now, plain};

/// The longest answer, in bytes: bytecode is some times as long as its text.
const MAX_ANSWER: usize = 64 << 20;

/// The longest message that a child may refuse a text with, in bytes.
pub(super) const MAX_MESSAGE: usize = 8 << 10;

/// Compiles `source` in `child`, which must be blank, within `timeout` from `started` on.
pub(super) fn compile(
    child: &mut RemoteIsolate,
    source: &str,
    started: Duration,
    timeout: Duration,
) -> Result<Uploaded, CompileError> {
    let answered = child
        .say(&Request::Compile, source.as_bytes())
        .and_then(|()| read(child.exchange(started, timeout, MAX_ANSWER)?));
    if answered.is_err() {
        child.kill();
    }
    match answered {
        Ok(compiled) => compiled,
        Err(Lost::Late) => Err(plain(format!(
            "compiling took longer than {} ms",
            timeout.as_millis()
        ))),
        Err(Lost::Nonsense(_)) => Err(plain("the compiler failed on this code")),
        Err(Lost::Ended) => Err(match child.end() {
            Some(_) => plain("the compiler failed on this code"),
            None => cannot_now("the worker has ended"),
        }),
    }
}

pub(super) fn read(answer: &[u8]) -> Result<Result<Uploaded, CompileError>, Lost> {
    let (reply, bytecode) = wire::parse::<Reply<'_>>(answer)?;
    match reply {
        Reply::Compiled {
            form,
            reads_context,
        } => Ok(Ok(Uploaded {
            form,
            reads_context,
            bytecode: bytecode.into(),
        })),
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
        _ => Err(Lost::Nonsense("the answer to something else".to_owned())),
    }
}
