//! Entry point of the fuzz target `frames`: parses what a child or a worker may send.

use std::io::Read;
use std::time::Duration;

use super::answer::{ABOUT_DROPPED, MAX_FAILURE};
use super::compile;
use super::control::Report;
use super::exchange::{Exchange, Terms};
use super::wire::Frames;
use crate::model::{FailureKind, Json, Timestamp};
use crate::runtime::step::{Asked, Ended, HostCall, Step};
use crate::runtime::{BindingNames, Limits, Payload, StreamAction};

const LIMITS: Limits = Limits {
    timeout: Duration::from_secs(1),
    memory: 1 << 20,
    output: 200,
    log_lines: 3,
    log_bytes: 100,
    host_calls: 2,
    host_bytes: 300,
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Parses `bytes`, in pieces of at most `piece` bytes, as answers to calls, to uploads and to
/// orders.
///
/// # Panics
/// When an invalid answer is accepted.
pub fn answers(bytes: &[u8], piece: usize) {
    let bindings = [BindingNames {
        name: "test".into(),
        functions: ["one".into(), "two".into()].into(),
    }];
    let terms = Terms {
        limits: &LIMITS,
        bindings: &bindings,
    };
    let mut stream = Pieces { bytes, piece };
    let (mut frames, mut exchange) = (Frames::default(), Exchange::default());
    exchange.start();
    let mut unanswered = Vec::new();
    while let Ok(Some(frame)) = frames.next(&mut stream, terms.longest_frame()) {
        assert!(frame.len() <= terms.longest_frame());
        upload(frame);
        match exchange.receive(frame, terms, NOW) {
            Ok(Some(Step::Done(ended))) => {
                check_end(ended);
                exchange.start();
                unanswered.clear();
            }
            Ok(Some(Step::Wait(wait))) => {
                wait.calls.iter().for_each(check_call);
                unanswered.extend(wait.calls.iter().map(|call| call.id));
                assert!(unanswered.len() <= LIMITS.host_calls + LIMITS.stream_actions());
                assert!(wait.after.is_some() || !unanswered.is_empty());
                // Every other one is answered, so that some stay open.
                for id in unanswered.drain(..unanswered.len().div_ceil(2)) {
                    exchange.answer(id);
                }
            }
            Ok(None) => {}
            // The host kills the child.
            Err(_) => break,
        }
    }
    // Malformed bytes must give an error, not a panic.
    let _ = postcard::from_bytes::<Report>(bytes);
}

fn check_call(call: &HostCall) {
    match &call.asked {
        Asked::Call {
            binding,
            function,
            argument,
        } => {
            assert!(*binding == 0 && *function < 2);
            assert!(argument.len() <= LIMITS.host_bytes);
            if let Payload::Json(json) = argument {
                assert!(Json::parse(json.as_str().to_owned()).is_ok());
            }
        }
        Asked::Stream { action, .. } => {
            if let StreamAction::Write(piece) = action {
                assert!(piece.len() <= LIMITS.host_bytes);
            }
        }
    }
}

fn check_end(ended: Ended) {
    match ended.result {
        Ok(output) => {
            assert!(output.len() <= LIMITS.output);
            assert!(Json::parse(output.as_str().to_owned()).is_ok());
        }
        Err(failure) => {
            let refused = [FailureKind::Platform, FailureKind::Cancelled];
            assert!(!refused.contains(&failure.kind));
            let stack = failure.stack.map_or(0, |stack| stack.len());
            assert!(failure.message.len() + stack <= MAX_FAILURE);
        }
    }
    assert!(ended.logs.len() <= LIMITS.log_lines + 1);
    let written: usize = ended.logs.iter().map(|line| line.message.len()).sum();
    assert!(written <= LIMITS.log_bytes + ABOUT_DROPPED);
    for line in ended.logs {
        let age = NOW.as_micros() - line.at.as_micros();
        assert!((0..=1_050_000).contains(&age));
    }
}

fn upload(frame: &[u8]) {
    match compile::read(frame) {
        Ok(Ok((uploaded, handler))) => assert!(uploaded.0.len() + handler.len() < frame.len()),
        Ok(Err(refused)) => assert!(refused.message.len() <= compile::MAX_MESSAGE),
        Err(_) => {}
    }
}

/// A stream that returns its bytes in small pieces.
struct Pieces<'a> {
    bytes: &'a [u8],
    piece: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = into.len().min(self.piece.max(1));
        let (read, left) = self.bytes.split_at(most.min(self.bytes.len()));
        self.bytes = left;
        if let Some(place) = into.get_mut(..read.len()) {
            place.copy_from_slice(read);
        }
        Ok(read.len())
    }
}
