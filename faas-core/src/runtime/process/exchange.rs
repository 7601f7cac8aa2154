//! The protocol of one call, as the host sees it: which frames a child may send, and in which order.
//! No input or output; `remote.rs` moves the frames.

use std::time::Duration;

use super::answer::{Lost, checked, longest};
use super::wire::{self, AROUND_HEAD, HostCallHead, Reply};
use crate::model::{Json, Timestamp};
use crate::runtime::step::{HostCall, Step, Wait};
use crate::runtime::{BindingNames, Limits, Payload};

/// What a call permits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) limits: &'a Limits,
    pub(super) bindings: &'a [BindingNames],
}

impl Terms<'_> {
    /// Returns the maximum length of a frame, in bytes.
    pub(super) fn longest_frame(&self) -> usize {
        let argument = match self.bindings {
            [] => 0,
            _ => self.limits.host_bytes.saturating_add(AROUND_HEAD),
        };
        longest(self.limits).max(argument)
    }
}

/// The state of the exchange with a child.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// The number of the current call.
    serial: u64,
    /// Host calls that were not answered yet. Bounded by [`Limits::host_calls`].
    unanswered: Vec<u64>,
    /// Host calls since the child went on.
    calls: Vec<HostCall>,
}

impl Exchange {
    /// Starts the next call and returns its number.
    pub(super) fn start(&mut self) -> u64 {
        self.serial += 1;
        self.unanswered.clear();
        self.calls.clear();
        self.serial
    }

    /// Returns the number of the current call.
    pub(super) const fn serial(&self) -> u64 {
        self.serial
    }

    /// The host answers this host call.
    pub(super) fn answer(&mut self, id: u64) {
        self.unanswered.retain(|unanswered| *unanswered != id);
    }

    /// Takes a frame of the child. Returns the end of the step, if this is it. A correct child sends
    /// nothing after that.
    ///
    /// # Errors
    /// [`Lost::Invalid`] for a frame that a correct child does not send.
    pub(super) fn receive(
        &mut self,
        frame: &[u8],
        terms: Terms<'_>,
        now: Timestamp,
    ) -> Result<Option<Step>, Lost> {
        let (reply, tail) = wire::parse::<Reply<'_>>(frame)?;
        match reply {
            Reply::HostCall(head) => {
                let call = self.host_call(head, tail, terms)?;
                self.unanswered.push(call.id);
                self.calls.push(call);
                Ok(None)
            }
            Reply::Wait { serial, after } => {
                self.check(serial)?;
                let calls = std::mem::take(&mut self.calls);
                if after.is_none() && self.unanswered.is_empty() {
                    return Err(invalid("it waits for nothing"));
                }
                let after = after.map(Duration::from_micros);
                Ok(Some(Step::Wait(Wait { after, calls })))
            }
            Reply::Done(head) => {
                self.check(head.serial)?;
                if !self.calls.is_empty() {
                    return Err(invalid("host call without a wait"));
                }
                Ok(Some(Step::Done(checked(head, tail, terms.limits, now)?)))
            }
            Reply::Ready | Reply::Compiled { .. } | Reply::Refused { .. } => {
                Err(invalid("answer to another request"))
            }
        }
    }

    fn host_call(
        &self,
        head: HostCallHead,
        argument: &[u8],
        Terms { limits, bindings }: Terms<'_>,
    ) -> Result<HostCall, Lost> {
        self.check(head.serial)?;
        if self.unanswered.len() >= limits.host_calls {
            return Err(invalid("more host calls at a time than the limit"));
        }
        if self.unanswered.contains(&head.id) {
            return Err(invalid("two host calls with the same number"));
        }
        if argument.len() > limits.host_bytes {
            return Err(invalid("argument of a host call longer than the limit"));
        }
        let (binding, function) = (head.binding as usize, head.function as usize);
        let known = bindings
            .get(binding)
            .is_some_and(|binding| function < binding.functions.len());
        if !known {
            return Err(invalid("call of a host function that it was not given"));
        }
        let argument = if head.is_bytes {
            Payload::Bytes(argument.to_vec().into())
        } else {
            let json = Json::parse(argument.to_vec());
            Payload::Json(json.map_err(|_| invalid("argument of a host call is not JSON"))?)
        };
        Ok(HostCall {
            id: head.id,
            binding,
            function,
            argument,
        })
    }

    fn check(&self, serial: u64) -> Result<(), Lost> {
        if serial == self.serial {
            Ok(())
        } else {
            Err(invalid("answer to another call"))
        }
    }
}

fn invalid(what: &str) -> Lost {
    Lost::Invalid(what.to_owned())
}
