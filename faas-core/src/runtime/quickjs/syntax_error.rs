//! Syntax errors, with their places in the user's own text.

use rquickjs::Value;

use super::raw;
use super::source_map::{Position, SourceMap};
use crate::error::CompileError;

/// The longest message of an error, in bytes: a message can quote the text.
const MAX_MESSAGE: usize = 1 << 10;

/// What is said of a text that ends too early.
const END: &str = "unexpected end of the code: a bracket is missing, or there is one too many";

/// A line and a column of the user's text, both from 1. Columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A text is not valid in the form that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) message: String,
    pub(super) place: Option<Place>,
}

/// Why a text was not compiled in one form.
#[derive(Debug)]
pub(super) enum Rejection {
    /// It is not valid in this form; it may be in another.
    Syntax(SyntaxError),
    /// It nests too deeply for the stack, in any form.
    TooDeep,
    /// It is refused in any form.
    Final(Refusal),
}

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What precedes the place: `syntax error`. Empty for an error without a place.
    kind: &'static str,
    error: SyntaxError,
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self::Final(refusal)
    }
}

impl From<SyntaxError> for Refusal {
    fn from(error: SyntaxError) -> Self {
        let kind = "syntax error";
        Self { kind, error }
    }
}

/// The rejection for what QuickJS threw when it compiled `source`.
pub(super) fn of(thrown: &Value<'_>, source: &str) -> Rejection {
    let name = property(thrown, "name");
    let message = property(thrown, "message").unwrap_or_default();
    match (name.as_deref(), message.as_str()) {
        (Some("RangeError"), "Maximum call stack size exceeded") => {
            return Rejection::TooDeep;
        }
        (None, _) | (_, "out of memory" | "") => {
            return Rejection::Final(Refusal::whole("the code needs too much memory to compile"));
        }
        _ => {}
    }
    let message = explained(message);
    let place = property(thrown, "stack").and_then(|stack| place_in(&stack));
    Rejection::Syntax(match place {
        Some((line, column)) => at(source, line, column, message),
        None => SyntaxError {
            message,
            place: None,
        },
    })
}

/// The message, with what to do where the engine's own does not say it.
fn explained(message: String) -> String {
    let explanation = match message.as_str() {
        "unexpected 'await' keyword" => {
            "`await` is allowed in an async function only: write `async` before the function"
        }
        "unexpected end of string" => {
            "the string does not end on its line: close it, or use a template literal (`…`)"
        }
        text if is_end(text) => END,
        _ => return message,
    };
    explanation.to_owned()
}

/// Whether the token that QuickJS did not expect is the end: it names the byte that follows the text.
fn is_end(message: &str) -> bool {
    let token = message.strip_prefix("unexpected token in expression: '");
    token.is_some_and(|token| token.chars().all(|c| c == '\'' || c.is_control()))
}

fn property(thrown: &Value<'_>, name: &str) -> Option<String> {
    let value = thrown.as_object()?.get::<_, Value<'_>>(name).ok()?;
    raw::text(&value)
}

/// An error at a line and a column in bytes, both from 1, as QuickJS counts them. A place behind
/// the user's text becomes the end of that text.
fn at(source: &str, line: i64, column: i64, message: String) -> SyntaxError {
    let line = usize::try_from(line).unwrap_or(0).max(1);
    let Some(text) = source.split('\n').nth(line - 1) else {
        return SyntaxError {
            message: at_end(message),
            place: Some(place_at(source, source.len())),
        };
    };
    let bytes = usize::try_from(column - 1).unwrap_or(0).min(text.len());
    let before = text
        .get(..text.floor_char_boundary(bytes))
        .unwrap_or_default();
    let column = before.chars().count() + 1;
    SyntaxError {
        message,
        place: Some(Place { line, column }),
    }
}

/// A message about what follows the user's text, which the user has not written.
fn at_end(message: String) -> String {
    let quotes_the_wrapper = ["expecting", "Unexpected", "unexpected", "'}'", "')'"];
    if quotes_the_wrapper.iter().any(|part| message.contains(part)) {
        END.to_owned()
    } else {
        message
    }
}

/// The place of a byte of the text.
pub(super) fn place_at(source: &str, offset: usize) -> Place {
    let offset = source.floor_char_boundary(offset.min(source.len()));
    let before = source.get(..offset).unwrap_or_default();
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    Place {
        line: before.matches('\n').count() + 1,
        column: last_line.chars().count() + 1,
    }
}

impl Refusal {
    /// A refusal of the whole text, without a place.
    pub(super) fn whole(message: impl Into<String>) -> Self {
        let (message, place) = (message.into(), None);
        Self {
            kind: "",
            error: SyntaxError { message, place },
        }
    }

    /// A syntax error at a byte of the text.
    pub(super) fn at_offset(source: &str, offset: usize, message: &str) -> Self {
        Self::at("syntax error", source, offset, message)
    }

    /// Valid code that the platform cannot run, at a byte of the text.
    pub(super) fn unsupported(source: &str, offset: usize, message: &str) -> Self {
        Self::at("unsupported code", source, offset, message)
    }

    fn at(kind: &'static str, source: &str, offset: usize, message: &str) -> Self {
        let place = Some(place_at(source, offset));
        let message = message.to_owned();
        Self {
            kind,
            error: SyntaxError { message, place },
        }
    }

    /// The same refusal with the place in the text that the map leads to. `compiled` is the text that
    /// was refused.
    pub(super) fn in_original(mut self, map: &SourceMap, compiled: &str) -> Self {
        self.error.place = self
            .error
            .place
            .and_then(|place| place.in_original(map, compiled));
        self
    }

    /// The error as the user gets it: what kind of error it is, in which of several files, where,
    /// why, and the line itself.
    pub(super) fn into_error(self, file: Option<&str>, source: &str) -> CompileError {
        let Self { kind, error } = self;
        let SyntaxError { mut message, place } = error;
        if message.len() > MAX_MESSAGE {
            message.truncate(message.floor_char_boundary(MAX_MESSAGE));
            message.push('…');
        }
        let file = file.map(|file| format!(" in {file}")).unwrap_or_default();
        let message = match place {
            Some(place) => {
                let Place { line, column } = place;
                let excerpt = excerpt(source, place);
                format!("{kind}{file} at line {line}, column {column}: {message}{excerpt}")
            }
            None if kind.is_empty() && file.is_empty() => message,
            None => format!("{}: {message}", format!("{kind}{file}").trim_start()),
        };
        CompileError {
            message,
            line: place.and_then(|place| u32::try_from(place.line).ok()),
            column: place.and_then(|place| u32::try_from(place.column).ok()),
            temporary: false,
        }
    }
}

/// The line of the place with a caret below its column, to follow a message. Empty if the line shows
/// nothing.
fn excerpt(source: &str, place: Place) -> String {
    // Of a longer line only what is around the column is shown.
    const BEFORE: usize = 60;
    const WIDTH: usize = 100;
    let line = source.split('\n').nth(place.line - 1).unwrap_or_default();
    let line = line.trim_end();
    if line.trim().is_empty() {
        return String::new();
    }
    let skipped = (place.column - 1).saturating_sub(BEFORE);
    let visible = |c: char| if c.is_control() && c != '\t' { ' ' } else { c };
    let shown: String = line
        .chars()
        .skip(skipped)
        .take(WIDTH)
        .map(visible)
        .collect();
    let before = shown.chars().take(place.column - 1 - skipped);
    let indent: String = before.map(|c| if c == '\t' { c } else { ' ' }).collect();
    let number = place.line.to_string();
    let margin = " ".repeat(number.len());
    format!("\n\n{number} | {shown}\n{margin} | {indent}^")
}

impl Place {
    /// The place that the map leads to. `compiled` is the text that this is a place of.
    fn in_original(self, map: &SourceMap, compiled: &str) -> Option<Self> {
        let line = compiled.split('\n').nth(self.line - 1).unwrap_or_default();
        let bytes = line
            .chars()
            .take(self.column - 1)
            .map(char::len_utf8)
            .sum::<usize>();
        let compiled = Position {
            line: u32::try_from(self.line).ok()?,
            column: u32::try_from(bytes + 1).ok()?,
        };
        let Position { line, column } = map.original(compiled)?;
        Some(Self {
            line: line as usize,
            column: column as usize,
        })
    }
}

impl Rejection {
    /// What is reported when no other form fits. `too_deep` makes the error for a text that nests
    /// too deeply.
    pub(super) fn into_refusal(self, too_deep: impl FnOnce() -> SyntaxError) -> Refusal {
        match self {
            Self::Syntax(error) => error.into(),
            Self::TooDeep => too_deep().into(),
            Self::Final(refusal) => refusal,
        }
    }
}

impl SyntaxError {
    /// The byte of the text that the error is at.
    pub(super) fn offset_in(&self, source: &str) -> Option<usize> {
        let place = self.place?;
        let mut lines = source.split_inclusive('\n');
        let before: usize = lines.clone().take(place.line - 1).map(str::len).sum();
        let line = lines.nth(place.line - 1).unwrap_or_default();
        let column = line.char_indices().nth(place.column - 1);
        Some(before + column.map_or(line.len(), |(at, _)| at))
    }

    /// Whether the error is at this character.
    pub(super) fn is_before(&self, source: &str, character: char) -> bool {
        self.offset_in(source)
            .and_then(|offset| source.get(offset..))
            .is_some_and(|rest| rest.starts_with(character))
    }

    /// The same error, which is in the regular expression literal at `place`.
    pub(super) fn in_regexp(self, place: Place) -> Self {
        let message = if self.message.contains("regular expression") {
            self.message
        } else {
            format!("invalid regular expression: {}", self.message)
        };
        Self {
            message,
            place: Some(place),
        }
    }

    /// Whether a regular expression literal has no end.
    pub(super) fn is_unended_regexp(&self) -> bool {
        self.message == "unexpected end of regexp"
    }

    /// The first place of the name that the message quotes.
    pub(super) fn place_of_name(&self, source: &str) -> Option<Place> {
        let name = self
            .message
            .split('\'')
            .nth(1)
            .filter(|name| !name.is_empty())?;
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '#');
        let is_whole = |&(at, _): &(usize, &str)| {
            let before = source.get(..at).and_then(|text| text.chars().next_back());
            let after = source
                .get(at + name.len()..)
                .and_then(|text| text.chars().next());
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        };
        let (at, _) = source.match_indices(name).find(is_whole)?;
        Some(place_at(source, at))
    }
}

/// The place in the first line of a stack: `    at function.js:3:5`.
fn place_in(stack: &str) -> Option<(i64, i64)> {
    let first = stack.lines().next()?.trim_end_matches(')');
    let (rest, column) = first.rsplit_once(':')?;
    let (_, line) = rest.rsplit_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// Of the errors of two forms the one farther into the text; `first` when they are at one place.
pub(super) fn farther(first: SyntaxError, second: SyntaxError) -> SyntaxError {
    if second.place > first.place {
        second
    } else {
        first
    }
}
