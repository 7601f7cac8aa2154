//! The protocol of one call, as the host sees it: which frames a child may send, and in which order.
//! No input or output; `remote.rs` moves the frames.

use std::time::Duration;

use super::answer::{Lost, checked, longest};
use super::wire::{
    self, AROUND_HEAD, ArgumentHead, AskedHead, HostCallHead, Reply, StreamActionHead,
};
use crate::model::{Json, Timestamp};
use crate::runtime::step::{Asked, HostCall, Step, Wait};
use crate::runtime::{BindingNames, Limits, Payload, StreamAction};

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
    /// Actions on streams that were not answered yet. Bounded by [`Limits::stream_actions`].
    acting: Vec<u64>,
    /// Host calls since the child went on.
    calls: Vec<HostCall>,
}

impl Exchange {
    /// Starts the next call and returns its number.
    pub(super) fn start(&mut self) -> u64 {
        self.serial += 1;
        self.unanswered.clear();
        self.acting.clear();
        self.calls.clear();
        self.serial
    }

    /// Returns the number of the current call.
    pub(super) const fn serial(&self) -> u64 {
        self.serial
    }

    /// The host answers this host call.
    pub(super) fn answer(&mut self, id: u64) {
        for open in [&mut self.unanswered, &mut self.acting] {
            open.retain(|unanswered| *unanswered != id);
        }
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
                match call.asked {
                    Asked::Call { .. } => self.unanswered.push(call.id),
                    Asked::Stream { .. } => self.acting.push(call.id),
                }
                self.calls.push(call);
                Ok(None)
            }
            Reply::Wait { serial, after } => {
                self.check(serial)?;
                let calls = std::mem::take(&mut self.calls);
                if after.is_none() && self.unanswered.is_empty() && self.acting.is_empty() {
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
        let (open, limit) = match head.asked {
            AskedHead::Call { .. } => (&self.unanswered, limits.host_calls.max(1)),
            AskedHead::Stream { .. } => (&self.acting, limits.stream_actions()),
        };
        if open.len() >= limit {
            return Err(invalid("more host calls at a time than the limit"));
        }
        if self.unanswered.contains(&head.id) || self.acting.contains(&head.id) {
            return Err(invalid("two host calls with the same number"));
        }
        if argument.len() > limits.host_bytes {
            return Err(invalid("argument of a host call longer than the limit"));
        }
        let asked = match head.asked {
            AskedHead::Call {
                binding,
                function,
                argument: kind,
            } => {
                let (binding, function) = (binding as usize, function as usize);
                let known = bindings
                    .get(binding)
                    .is_some_and(|binding| function < binding.functions.len());
                if !known {
                    return Err(invalid("call of a host function that it was not given"));
                }
                Asked::Call {
                    binding,
                    function,
                    argument: payload(kind, argument)?,
                }
            }
            AskedHead::Stream { stream, action } => {
                if bindings.is_empty() {
                    return Err(invalid("stream of a function without host functions"));
                }
                Asked::Stream {
                    stream,
                    action: stream_action(action, argument),
                }
            }
        };
        Ok(HostCall { id: head.id, asked })
    }

    fn check(&self, serial: u64) -> Result<(), Lost> {
        if serial == self.serial {
            Ok(())
        } else {
            Err(invalid("answer to another call"))
        }
    }
}

fn payload(kind: ArgumentHead, tail: &[u8]) -> Result<Payload, Lost> {
    Ok(match kind {
        ArgumentHead::Bytes => Payload::Bytes(tail.to_vec().into()),
        ArgumentHead::Stream(number) => Payload::Stream(number),
        ArgumentHead::Json => {
            let json = Json::parse(tail.to_vec());
            Payload::Json(json.map_err(|_| invalid("argument of a host call is not JSON"))?)
        }
    })
}

fn stream_action(action: StreamActionHead, tail: &[u8]) -> StreamAction {
    match action {
        StreamActionHead::Read => StreamAction::Read,
        StreamActionHead::Cancel => StreamAction::Cancel,
        StreamActionHead::Write => StreamAction::Write(tail.to_vec().into()),
        StreamActionHead::End => StreamAction::End,
        StreamActionHead::Abort => StreamAction::Abort,
    }
}

fn invalid(what: &str) -> Lost {
    Lost::Invalid(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::process::answer::tests::{LIMITS, NOW};
    use crate::runtime::process::wire::DoneHead;

    const CALL: HostCallHead = HostCallHead {
        serial: 1,
        id: 5,
        asked: CALLS,
    };

    const CALLS: AskedHead = AskedHead::Call {
        binding: 0,
        function: 1,
        argument: ArgumentHead::Json,
    };

    const fn call_of(binding: u32, function: u32) -> HostCallHead {
        let argument = ArgumentHead::Json;
        HostCallHead {
            asked: AskedHead::Call {
                binding,
                function,
                argument,
            },
            ..CALL
        }
    }

    fn read(id: u64) -> Reply<'static> {
        let (stream, action) = (1, StreamActionHead::Read);
        Reply::HostCall(HostCallHead {
            id,
            asked: AskedHead::Stream { stream, action },
            ..CALL
        })
    }

    fn wait(after: Option<u64>) -> Reply<'static> {
        Reply::Wait { serial: 1, after }
    }

    fn done(serial: u64) -> Reply<'static> {
        Reply::Done(DoneHead {
            retry: crate::model::RetryAdvice::Policy,
            serial,
            failure: None,
            logs: Vec::new(),
            reusable: true,
        })
    }

    fn receive(
        exchange: &mut Exchange,
        reply: &Reply<'_>,
        tail: &[u8],
    ) -> Result<Option<Step>, Lost> {
        let bindings = [BindingNames {
            name: "test".into(),
            functions: ["one".into(), "two".into()].into(),
        }];
        let terms = Terms {
            limits: &LIMITS,
            bindings: &bindings,
        };
        let mut frame = Vec::new();
        wire::append(&mut frame, reply, tail).unwrap();
        assert!(frame.len() - 4 <= terms.longest_frame());
        exchange.receive(&frame[4..], terms, NOW)
    }

    fn started() -> Exchange {
        let mut exchange = Exchange::default();
        assert_eq!(exchange.start(), 1);
        exchange
    }

    #[test]
    fn a_step_ends_with_a_wait_and_its_host_calls_or_with_the_call() {
        let mut exchange = started();
        let call = Reply::HostCall(CALL);
        assert!(receive(&mut exchange, &call, b"[1]").unwrap().is_none());
        let step = receive(&mut exchange, &wait(None), b"").unwrap();
        let Some(Step::Wait(Wait { after: None, calls })) = step else {
            panic!("{step:?}")
        };
        let [call] = calls.as_slice() else {
            panic!("{calls:?}")
        };
        let Asked::Call {
            binding: 0,
            function: 1,
            argument,
        } = &call.asked
        else {
            panic!("{call:?}")
        };
        assert_eq!(call.id, 5);
        assert_eq!(argument, &Payload::Json(Json::trusted("[1]")));
        let step = receive(&mut exchange, &wait(Some(7)), b"").unwrap();
        assert!(matches!(
            step,
            Some(Step::Wait(Wait { after: Some(_), .. }))
        ));
        let step = receive(&mut exchange, &done(1), b"1").unwrap();
        assert!(matches!(step, Some(Step::Done(_))));
    }

    #[test]
    fn a_child_calls_only_what_it_was_given_within_its_limits() {
        let heads = [
            HostCallHead { serial: 2, ..CALL },
            call_of(1, 1),
            call_of(0, 2),
            call_of(0, u32::MAX),
        ];
        for head in heads {
            let lost = receive(&mut started(), &Reply::HostCall(head), b"1").err();
            assert!(matches!(lost, Some(Lost::Invalid(_))), "{head:?}");
        }
        let json = ArgumentHead::Json;
        for (kind, argument) in [
            (json, &b"{"[..]),
            (json, b""),
            (ArgumentHead::Bytes, &[0; 11]),
        ] {
            let head = HostCallHead {
                asked: AskedHead::Call {
                    binding: 0,
                    function: 1,
                    argument: kind,
                },
                ..CALL
            };
            let lost = receive(&mut started(), &Reply::HostCall(head), argument).err();
            assert!(matches!(lost, Some(Lost::Invalid(_))), "{argument:?}");
        }
        let mut exchange = started();
        let call = |id| Reply::HostCall(HostCallHead { id, ..CALL });
        for (id, is_valid) in [(1, true), (1, false), (2, true), (3, false)] {
            let received = receive(&mut exchange, &call(id), b"1");
            assert_eq!(received.is_ok(), is_valid, "{id}");
        }
        exchange.answer(1);
        assert!(receive(&mut exchange, &call(3), b"1").is_ok());
    }

    #[test]
    fn actions_on_streams_have_a_limit_of_their_own() {
        let mut exchange = started();
        receive(&mut exchange, &Reply::HostCall(CALL), b"1").unwrap();
        assert!(receive(&mut exchange, &read(5), b"").is_err());
        for id in 6..6 + LIMITS.stream_actions() as u64 {
            receive(&mut exchange, &read(id), b"").unwrap();
        }
        assert!(receive(&mut exchange, &read(99), b"").is_err());
        exchange.answer(6);
        receive(&mut exchange, &read(99), b"").unwrap();
        let mut exchange = started();
        assert!(receive(&mut exchange, &read(1), &[0; 11]).is_err());
    }

    #[test]
    fn frames_out_of_order_are_refused() {
        assert!(receive(&mut started(), &wait(None), b"").is_err());
        assert!(receive(&mut started(), &done(0), b"1").is_err());
        assert!(receive(&mut started(), &done(2), b"1").is_err());
        let wait = Reply::Wait {
            serial: 2,
            after: Some(1),
        };
        assert!(receive(&mut started(), &wait, b"").is_err());
        assert!(receive(&mut started(), &Reply::Ready, b"").is_err());
        let mut exchange = started();
        receive(&mut exchange, &Reply::HostCall(CALL), b"1").unwrap();
        assert!(receive(&mut exchange, &done(1), b"1").is_err());
        // Nothing of a call is left for the next one.
        assert_eq!(exchange.start(), 2);
        assert!(receive(&mut exchange, &done(2), b"1").is_ok());
    }
}
