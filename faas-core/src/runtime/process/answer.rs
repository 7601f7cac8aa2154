//! Validates a child's answer, or explains its absence. The host trusts neither: user code may
//! control the child.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use super::remote::GRACE;
use super::wire::{self, DoneHead, micros};
use crate::model::{Failure, FailureKind, Json, LogLine, Timestamp};
use crate::runtime::step::Ended;
use crate::runtime::{Limits, StopReason};

/// Bytes of an answer besides output and log lines: heads, a failure and its stack.
pub(super) const AROUND: usize = 64 << 10;
const AROUND_LINE: usize = 32;

/// Bytes of the line about dropped lines, and of the mark of a truncated line.
pub(super) const ABOUT_DROPPED: usize = 256;

/// The longest message and stack of a failure together, in bytes. A child truncates them to less.
/// They are stored with every attempt.
pub(super) const MAX_FAILURE: usize = 16 << 10;

/// Why there is no valid answer.
#[derive(Debug)]
pub(super) enum Lost {
    /// The answer did not arrive in time.
    Late,
    /// The child has ended, or closed its pipes.
    Ended,
    /// The answer is invalid.
    Invalid(String),
    /// The child has used this processor time while it said that it waited.
    Burnt(Duration),
    /// The call was stopped from outside.
    Stopped(StopReason),
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::Late,
            io::ErrorKind::InvalidData => Self::Invalid(error.to_string()),
            _ => Self::Ended,
        }
    }
}

impl From<wire::FrameError> for Lost {
    fn from(error: wire::FrameError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// Returns the maximum length of an answer to a call, in bytes.
pub(super) fn longest(limits: &Limits) -> usize {
    let lines = limits.log_lines.saturating_mul(AROUND_LINE);
    [limits.output, limits.log_bytes, lines, AROUND]
        .into_iter()
        .fold(0, usize::saturating_add)
}

/// Validates the end of a call.
pub(super) fn checked(
    head: DoneHead<'_>,
    output: &[u8],
    limits: &Limits,
    now: Timestamp,
) -> Result<Ended, Lost> {
    let invalid = |what: &str| Lost::Invalid(what.to_owned());
    let DoneHead {
        serial: _,
        failure,
        retry,
        logs,
        reusable,
    } = head;
    // One extra line reports the number of dropped lines.
    let written: usize = logs.iter().map(|line| line.message.len()).sum();
    if logs.len() > limits.log_lines.saturating_add(1)
        || written > limits.log_bytes.saturating_add(ABOUT_DROPPED)
    {
        return Err(invalid("more console output than the limit"));
    }
    let length = failure.as_ref().map_or(0, |failure| {
        failure.message.len() + failure.stack.as_ref().map_or(0, String::len)
    });
    if length > MAX_FAILURE {
        return Err(invalid("failure message longer than the limit"));
    }
    let result = match failure {
        None if output.len() > limits.output => {
            return Err(invalid("output longer than the limit"));
        }
        None => Ok(Json::parse(output.to_vec()).map_err(|_| invalid("output is not JSON"))?),
        Some(failure) => Err(Failure {
            retry,
            ..sanitized(failure)
        }),
    };
    let lines = logs.into_iter().map(|line| LogLine {
        level: line.level,
        message: line.message.to_owned(),
        at: at_most_so_old(Timestamp::from_micros(line.at), limits, now),
    });
    Ok(Ended {
        result,
        logs: lines.collect(),
        reusable,
    })
}

/// Clamps the time of a line, which a child can choose freely, to the time of its call.
pub(super) fn at_most_so_old(at: Timestamp, limits: &Limits, now: Timestamp) -> Timestamp {
    let longest = micros(limits.timeout + GRACE);
    let earliest = now.as_micros().saturating_sub_unsigned(longest);
    at.clamp(Timestamp::from_micros(earliest), now)
}

/// Sanitizes a claimed failure. Platform failures cost nothing and cancellations come from callers,
/// so a child must not be able to claim either.
fn sanitized(failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::UserError
        | FailureKind::Timeout
        | FailureKind::OutOfMemory
        | FailureKind::StackOverflow => failure,
        FailureKind::Cancelled | FailureKind::Platform => Failure {
            kind: FailureKind::UserError,
            ..failure
        },
    }
}

/// Returns the failure of a call whose process has ended.
pub(super) fn of_end(status: Option<ExitStatus>) -> Failure {
    let Some(status) = status else {
        return Failure::new(
            FailureKind::Platform,
            "the worker process that made the function's process has ended",
        );
    };
    let (kind, what) = match status.signal() {
        Some(libc::SIGKILL) => (
            FailureKind::OutOfMemory,
            "was killed by the system, probably because the machine is out of memory".to_owned(),
        ),
        Some(libc::SIGSYS) => (
            FailureKind::UserError,
            "was killed because of a system call that is not permitted".to_owned(),
        ),
        Some(libc::SIGABRT) => (
            FailureKind::OutOfMemory,
            "aborted: out of memory".to_owned(),
        ),
        Some(signal) => (
            FailureKind::UserError,
            format!("crashed with signal {signal}"),
        ),
        None => (FailureKind::UserError, format!("exited: {status}")),
    };
    Failure::new(kind, format!("the function's process {what}"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::LogLevel;
    use crate::runtime::process::wire::Line;

    pub(in crate::runtime::process) const LIMITS: Limits = Limits {
        timeout: Duration::from_secs(1),
        memory: 1 << 20,
        output: 10,
        log_lines: 2,
        log_bytes: 100,
        host_calls: 2,
        host_bytes: 10,
    };

    pub(in crate::runtime::process) const NOW: Timestamp =
        Timestamp::from_millis(1_800_000_000_000);

    fn done(failure: Option<Failure>, lines: usize) -> DoneHead<'static> {
        let line = || Line {
            level: LogLevel::Log,
            at: 0,
            message: "hello",
        };
        DoneHead {
            retry: crate::model::RetryAdvice::Policy,
            serial: 7,
            failure,
            logs: (0..lines).map(|_| line()).collect(),
            reusable: true,
        }
    }

    fn answer(head: DoneHead<'_>, output: &[u8]) -> Result<Ended, Lost> {
        checked(head, output, &LIMITS, NOW)
    }

    fn with_message(message: &str) -> DoneHead<'_> {
        let line = Line {
            level: LogLevel::Log,
            at: 0,
            message,
        };
        DoneHead {
            retry: crate::model::RetryAdvice::Policy,
            logs: vec![line],
            ..done(None, 0)
        }
    }

    #[test]
    fn an_answer_must_be_json_within_the_limits() {
        let ended = answer(done(None, 3), b"[1]").unwrap();
        assert_eq!(ended.result.unwrap().as_str(), "[1]");
        assert_eq!(ended.logs.len(), 3);
        // The line claims the time 1970.
        let age = NOW.as_micros() - ended.logs[0].at.as_micros();
        assert_eq!(age, 1_050_000);
        let long = "x".repeat(1000);
        for (head, output) in [
            (done(None, 0), &b"{"[..]),
            (done(None, 0), b""),
            (done(None, 0), b"\"\xff\""),
            (done(None, 0), b"[1] [2]"),
            (done(None, 0), b"12345678901"),
            (done(None, 4), b"1"),
            (with_message(&long), b"1"),
        ] {
            let lost = answer(head, output).err();
            assert!(
                matches!(lost, Some(Lost::Invalid(_))),
                "{output:?}: {lost:?}"
            );
        }
    }

    #[test]
    fn a_child_cannot_claim_a_failure_that_costs_nothing() {
        for claimed in FailureKind::ALL {
            let failure = Failure::new(claimed, "claimed");
            let sanitized = answer(done(Some(failure), 0), b"")
                .unwrap()
                .result
                .unwrap_err();
            assert_ne!(sanitized.kind, FailureKind::Platform, "{claimed:?}");
            assert_ne!(sanitized.kind, FailureKind::Cancelled, "{claimed:?}");
        }
    }

    #[test]
    fn the_end_of_a_process_is_the_functions_failure_unless_its_status_is_unknown() {
        let kind = |status| of_end(status).kind;
        assert_eq!(kind(None), FailureKind::Platform);
        for (signal, expected) in [
            (libc::SIGKILL, FailureKind::OutOfMemory),
            (libc::SIGABRT, FailureKind::OutOfMemory),
            (libc::SIGSEGV, FailureKind::UserError),
            (libc::SIGSYS, FailureKind::UserError),
            (0, FailureKind::UserError),
        ] {
            assert_eq!(
                kind(Some(ExitStatus::from_raw(signal))),
                expected,
                "{signal}"
            );
        }
    }
}
