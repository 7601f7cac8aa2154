//! What the host sends to a child: frames that wait in a buffer until all of a message is there.

use std::mem;

use zeroize::Zeroize as _;

use super::answer::{AROUND, Lost};
use super::wire::{self, AnswerHead, CallHead, Request, micros};
use crate::runtime::{Call, HostAnswer, Payload};

/// What a child loads.
#[derive(Debug)]
pub(super) enum Loadable {
    /// The program that a child compiled. The host does not read it; only a child may load it.
    Program(Box<[u8]>),
    /// A [`Source`](crate::model::Source), which the child compiles itself.
    Script(Box<[u8]>),
}

/// A message to a child. Secrets in it are overwritten when it was sent or is dropped.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    buffer: Vec<u8>,
    holds_secrets: bool,
}

impl Outgoing {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// Appends a request.
    pub(super) fn add(&mut self, request: &Request<'_>, tail: &[u8]) -> Result<(), Lost> {
        Ok(wire::append(&mut self.buffer, request, tail)?)
    }

    /// Forgets what was sent.
    pub(super) fn clear(&mut self) {
        if mem::take(&mut self.holds_secrets) {
            self.buffer.zeroize();
        }
        self.buffer.clear();
        self.buffer.shrink_to(wire::KEPT_BUFFER);
    }

    /// Appends a call, and before it the program if the child `loads` it.
    pub(super) fn add_call(&mut self, serial: u64, call: &Call, loads: bool) -> Result<(), Lost> {
        if loads {
            self.add_program(call)?;
        }
        let (context, limits) = (&call.context, &call.limits);
        let head = CallHead {
            serial,
            execution_id: context.execution_id.as_u128(),
            function_id: context.function_id.as_u128(),
            function_version: call.function.1,
            function_name: &context.function_name,
            attempt: context.attempt,
            deadline: context.deadline.as_micros(),
            instance_id: context.instance_id.as_str(),
            timeout: micros(limits.timeout),
            memory: limits.memory as u64,
            output: limits.output as u64,
            log_lines: limits.log_lines as u64,
            log_bytes: limits.log_bytes as u64,
            host_calls: limits.host_calls as u64,
            host_bytes: limits.host_bytes as u64,
            is_http: call.is_http,
        };
        self.add(&Request::Call(head), call.input.bytes())
    }

    fn add_program(&mut self, call: &Call) -> Result<(), Lost> {
        let (program, is_script) = match call.program.get::<Loadable>() {
            Some(Loadable::Program(program)) => (program, false),
            Some(Loadable::Script(source)) => (source, true),
            None => return Err(Lost::Invalid("no program".to_owned())),
        };
        let environment = call.environment.as_json();
        if let Some(environment) = environment {
            // Reserve everything at once: a reallocation would leave secrets behind.
            let length = environment.len() + program.len() + call.input.len();
            self.buffer.reserve(length + names(call) + AROUND);
            self.holds_secrets = true;
        }
        let bindings = call.bindings.iter().map(|binding| {
            let functions = binding.functions.iter().map(|name| &**name);
            (&*binding.name, functions.collect())
        });
        let load = Request::Load {
            environment,
            bindings: bindings.collect(),
            is_script,
        };
        self.add(&load, program)
    }

    /// Appends the answer of a host call.
    pub(super) fn add_answer(
        &mut self,
        serial: u64,
        id: u64,
        answer: &HostAnswer,
    ) -> Result<(), Lost> {
        let (answer, tail) = match answer {
            Ok(Payload::Json(json)) => (AnswerHead::Json, &**json.bytes()),
            Ok(Payload::Bytes(bytes)) => (AnswerHead::Bytes, &**bytes),
            Ok(Payload::Stream(number)) => (AnswerHead::Stream(*number), &[][..]),
            Err(error) => {
                let (code, message) = (&*error.code, &*error.message);
                (AnswerHead::Error { code, message }, &[][..])
            }
        };
        self.add(&Request::Answer { serial, id, answer }, tail)
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.buffer.zeroize();
    }
}

/// Returns the bytes that the names of a call's bindings need at most.
fn names(call: &Call) -> usize {
    let names = call.bindings.iter().flat_map(|binding| {
        let functions = binding.functions.iter().map(|name| name.len());
        functions.chain([binding.name.len()])
    });
    names.map(|length| length + 10).sum()
}
