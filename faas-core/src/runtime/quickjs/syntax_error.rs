//! Syntax errors, placed in the user's own text.

use rquickjs::Value;

use super::raw::{self, USER_FILE};
use crate::error::CompileError;

/// Whether this was thrown because a module imports another.
pub(super) fn is_import(thrown: &Value<'_>) -> bool {
    property(thrown, "name").as_deref() == Some("ReferenceError")
}

/// What was thrown when `source` was compiled.
pub(super) fn of(thrown: &Value<'_>, source: &str) -> CompileError {
    let name = property(thrown, "name");
    let message = property(thrown, "message").unwrap_or_default();
    match (name.as_deref(), message.as_str()) {
        (Some("RangeError"), "Maximum call stack size exceeded") => {
            return super::compile::plain("the code is nested too deeply");
        }
        (None, _) | (_, "out of memory" | "") => {
            return super::compile::plain("the code needs too much memory to compile");
        }
        _ => {}
    }
    let place = property(thrown, "stack").and_then(|stack| place_in(&stack));
    match place {
        Some((line, column)) => at(source, line, column, &message),
        None => super::compile::plain(format!("syntax error: {message}")),
    }
}

fn property(thrown: &Value<'_>, name: &str) -> Option<String> {
    let value = thrown.as_object()?.get::<_, Value<'_>>(name).ok()?;
    raw::text(&value)
}

/// An error at a line and a column in bytes, both from 1, as QuickJS counts them. What lies behind
/// the user's text is put at its end.
fn at(source: &str, line: i64, column: i64, message: &str) -> CompileError {
    let lines = source.split('\n').count();
    let line = usize::try_from(line).unwrap_or(0).max(1);
    if line > lines {
        let last = source.rsplit('\n').next().unwrap_or_default();
        return placed(
            "unexpected end of the code, or a bracket too many",
            lines,
            last.chars().count() + 1,
        );
    }
    let text = source.split('\n').nth(line - 1).unwrap_or_default();
    let bytes = usize::try_from(column - 1).unwrap_or(0).min(text.len());
    let before = text
        .get(..text.floor_char_boundary(bytes))
        .unwrap_or_default();
    placed(message, line, before.chars().count() + 1)
}

/// An error at a byte of the user's text.
pub(super) fn at_offset(source: &str, offset: usize, message: &str) -> CompileError {
    let offset = source.floor_char_boundary(offset.min(source.len()));
    let before = source.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    placed(message, line, column)
}

fn placed(message: &str, line: usize, column: usize) -> CompileError {
    CompileError {
        message: format!("syntax error at line {line}, column {column}: {message}"),
        line: u32::try_from(line).ok(),
        column: u32::try_from(column).ok(),
        temporary: false,
    }
}

/// The place in the first line of a stack: `    at function.js:3:5`.
fn place_in(stack: &str) -> Option<(i64, i64)> {
    let file = USER_FILE.to_str().ok()?;
    let (_, place) = stack.lines().next()?.split_once(file)?;
    let mut numbers = place.trim_start_matches(':').split(':');
    let line = numbers.next()?.parse().ok()?;
    let column = numbers.next()?.trim_end_matches(')').parse().ok()?;
    Some((line, column))
}

/// Of two readings' errors the one that got farther; `first` when they are equal.
pub(super) fn farther(first: CompileError, second: CompileError) -> CompileError {
    let place = |error: &CompileError| (error.line, error.column);
    if place(&second) > place(&first) {
        second
    } else {
        first
    }
}
