//! Turns the end of a call without a result into a failure: its kind, its message, and the stack of
//! what was thrown, without the platform's frames.

use std::time::Duration;

use rquickjs::{Array, Ctx, Function, Value};

use super::event_loop::Ending;
use super::heap::Heap;
use super::hints;
use super::prelude::PLATFORM_FILE;
use super::raw;
use crate::model::{Failure, FailureKind, MAX_DEPTH, RetryAdvice};
use crate::runtime::Limits;

/// The maximum size of the message and of the stack of a failure, in bytes. Both are stored with
/// every attempt.
const MAX_MESSAGE: usize = 4 << 10;
const MAX_STACK: usize = 8 << 10;

const OUT_OF_MEMORY: &str = "InternalError: out of memory";
const STACK_OVERFLOW: &str = "RangeError: Maximum call stack size exceeded";

/// Returns the failure of a call that ended without an error that was thrown.
pub(super) fn without_error(ending: Ending<'_>, limits: &Limits, heap: &Heap) -> Failure {
    match ending {
        Ending::Stopped(reason) => reason.failure(limits.timeout),
        // A job that has no memory for its own end settles nothing.
        Ending::NeverSettles if heap.refused() => out_of_memory(heap),
        Ending::NeverSettles => Failure::new(
            FailureKind::UserError,
            "the returned promise never settles: nothing is left that could settle it",
        ),
        Ending::TooLarge(bytes) => Failure::new(
            FailureKind::UserError,
            format!(
                "the result has {bytes} bytes of JSON: the limit is {} bytes",
                limits.output
            ),
        ),
        Ending::TooDeep => Failure::new(
            FailureKind::UserError,
            format!("the result nests deeper than {MAX_DEPTH} levels"),
        ),
        Ending::Colliding => Failure::new(
            FailureKind::UserError,
            "the input has too many keys whose hashes collide",
        ),
        Ending::Thrown(_) | Ending::Uncaught(_) | Ending::Pending | Ending::Broken => {
            Failure::new(FailureKind::Platform, "the isolate is broken")
        }
    }
}

/// Returns the failure for a thrown value. `describe` runs user code.
pub(super) fn of_thrown<'js>(
    ctx: &Ctx<'js>,
    thrown: Value<'js>,
    describe: rquickjs::Result<Function<'js>>,
    heap: &Heap,
) -> Failure {
    // When memory runs out, there may be none left for an error object.
    let nothing = !thrown.is_object() && !thrown.is_string() && !thrown.is_number();
    if heap.refused() && nothing {
        return out_of_memory(heap);
    }
    let described = describe.and_then(|describe| describe.call::<_, Array<'js>>((thrown,)));
    let Ok(described) = described else {
        drop(ctx.catch());
        return if heap.refused() {
            out_of_memory(heap)
        } else {
            Failure::new(
                FailureKind::UserError,
                "threw something that cannot be shown",
            )
        };
    };
    let part = |index| {
        let value = described.get::<Value<'js>>(index).ok()?;
        raw::text(&value)
    };
    let message = part(0).unwrap_or_default();
    let stack = part(1).and_then(|stack| user_frames(&stack));
    let stack = match part(2).filter(|details| !details.is_empty()) {
        Some(details) => Some(cut(stack.unwrap_or_default() + &details, MAX_STACK)),
        None => stack,
    };
    let kind = match message.as_str() {
        OUT_OF_MEMORY if heap.refused() => return out_of_memory(heap),
        STACK_OVERFLOW => FailureKind::StackOverflow,
        _ => FailureKind::UserError,
    };
    Failure {
        kind,
        message: cut(hints::explained(message), MAX_MESSAGE),
        stack,
        retry: match described.get::<Option<f64>>(3) {
            Ok(Some(seconds)) => {
                Duration::try_from_secs_f64(seconds).map_or(RetryAdvice::Never, RetryAdvice::After)
            }
            _ => RetryAdvice::Policy,
        },
    }
}

fn out_of_memory(heap: &Heap) -> Failure {
    Failure::new(
        FailureKind::OutOfMemory,
        format!("out of memory: the limit is {} MiB", heap.limit() >> 20),
    )
}

/// Returns the text of an error that no code caught, for the console.
pub(super) fn uncaught(failure: &Failure, how: &str) -> String {
    match &failure.stack {
        Some(stack) => format!("{how} {}\n{stack}", failure.message),
        None => format!("{how} {}", failure.message),
    }
}

/// Returns the frames of a stack without the platform's own; `None` when none of them is the
/// user's.
fn user_frames(stack: &str) -> Option<String> {
    let platform = format!("({}", PLATFORM_FILE.to_string_lossy());
    let mut frames = String::new();
    for line in stack.lines().filter(|line| !line.contains(&platform)) {
        if !frames.is_empty() {
            frames.push('\n');
        }
        frames.push_str(line);
    }
    // A frame of a builtin has no line.
    let has_place = |line: &str| {
        let line = line.trim_end_matches(')');
        line.contains(':') && line.ends_with(|c: char| c.is_ascii_digit())
    };
    frames
        .lines()
        .any(has_place)
        .then(|| cut(frames, MAX_STACK))
}

fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.push('…');
    }
    text
}
