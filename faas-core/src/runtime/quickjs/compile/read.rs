//! Tries the forms that a text can have, and compiles it in the one that fits.

use std::borrow::Cow;
use std::collections::HashSet;

use rquickjs::Ctx;

use super::super::raw::{Bytecode, Goal, USER_FILE};
use super::super::shape::{self, Shape};
use super::super::syntax_error::{self, Place, Rejection, SyntaxError};
use super::super::web::Mentioned;
use super::nesting::{self, Subject};
use super::wrapper::{self, Wrapper};
use super::{Compiled, Form, dialect};
use crate::error::CompileError;

/// Compiles `source` in the context, which must have the `Eval` intrinsic.
pub(super) fn compile(ctx: &Ctx<'_>, source: &str) -> Result<Compiled, CompileError> {
    let text = &prepare(source);
    Reader { ctx, text }.read()
}

/// The text as the parsers read it. It has no byte order mark, its `#!` line is a comment, and a
/// carriage return that stands alone is a line feed: JavaScript reads both alike, also in a template,
/// but positions are counted by line feeds.
fn prepare(source: &str) -> Cow<'_, str> {
    let text = source.strip_prefix('\u{feff}').unwrap_or(source);
    let after_hashbang = text.strip_prefix("#!");
    let bytes = text.as_bytes();
    let is_lone = |at: usize| bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) != Some(&b'\n');
    let has_lone_return = text.contains('\r') && (0..bytes.len()).any(is_lone);
    if after_hashbang.is_none() && !has_lone_return {
        return Cow::Borrowed(text);
    }
    let mut prepared = String::with_capacity(text.len());
    if after_hashbang.is_some() {
        prepared.push_str("//");
    }
    let mut rest = after_hashbang.unwrap_or(text).chars().peekable();
    while let Some(character) = rest.next() {
        let is_lone_return = character == '\r' && rest.peek() != Some(&'\n');
        prepared.push(if is_lone_return { '\n' } else { character });
    }
    Cow::Owned(prepared)
}

struct Reader<'a, 'js> {
    ctx: &'a Ctx<'js>,
    text: &'a str,
}

impl<'js> Reader<'_, 'js> {
    fn read(&self) -> Result<Compiled, CompileError> {
        // A function that does not await need not return a promise.
        let is_async = self.text.contains("await");
        let before = Wrapper::without_parameters(is_async).before;
        let body = self.subject(Goal::Script, &before);
        let module = self.subject(Goal::Module, "");
        let not_a_body = match self.as_function(is_async) {
            Err(Rejection::Syntax(error)) => error,
            Err(Rejection::TooDeep) => return Err(body.too_deep().into_error("syntax error")),
            Err(Rejection::Final(error)) => return Err(error),
            Ok(compiled) => return Ok(compiled),
        };
        let not_a_module = match self.as_module() {
            Err(Rejection::Syntax(error)) => error,
            Err(Rejection::TooDeep) => return Err(module.too_deep().into_error("syntax error")),
            Err(Rejection::Final(error)) => return Err(error),
            Ok(compiled) => return Ok(compiled),
        };
        if is_async && let Some(compiled) = self.as_body_that_declares_await() {
            return Ok(compiled);
        }
        if let Some(subject) = [&body, &module].into_iter().find(|form| form.is_too_deep()) {
            return Err(subject.too_deep().into_error("syntax error"));
        }
        let not_a_body = located(&body, not_a_body);
        let not_a_module = located(&module, not_a_module);
        let farther = syntax_error::farther(not_a_body, not_a_module);
        Err(dialect::explain(
            self.text,
            nesting::hinted(farther, self.text),
        ))
    }

    fn subject<'s>(&'s self, goal: Goal, before: &'s str) -> Subject<'s, 'js> {
        Subject {
            ctx: self.ctx,
            text: self.text,
            goal,
            before,
        }
    }

    /// The text inside a function: a body, an expression, declarations or CommonJS.
    fn as_function(&self, is_async: bool) -> Result<Compiled, Rejection> {
        let wrapper = Wrapper::body(is_async, &HashSet::new());
        let wrapped = wrapper.wrap(self.text);
        match self.script(&wrapped) {
            Ok(bytecode) => {
                let shape = shape::of_function(&wrapped, wrapper.before.len(), self.text)?;
                self.shaped(is_async, shape, Some(bytecode))
            }
            Err(rejection @ (Rejection::Final(_) | Rejection::TooDeep)) => Err(rejection),
            Err(Rejection::Syntax(_)) => {
                // The text may declare a parameter anew: without parameters nothing conflicts.
                let wrapper = Wrapper::without_parameters(is_async);
                let wrapped = wrapper.wrap(self.text);
                self.script(&wrapped)?;
                let shape = shape::of_function(&wrapped, wrapper.before.len(), self.text)?;
                self.shaped(is_async, shape, None)
            }
        }
    }

    /// Compiles the text in the form that it has. `as_body` is the text as a body, unless a
    /// parameter conflicts with what the body declares.
    fn shaped(
        &self,
        is_async: bool,
        shape: Shape,
        as_body: Option<Bytecode>,
    ) -> Result<Compiled, Rejection> {
        let compiled = |form, bytecode| Compiled {
            form,
            bytecode,
            reads_context: true,
            globals: Mentioned::NONE,
        };
        Ok(match shape {
            Shape::Body {
                declared,
                entry: Some(entry),
            } => {
                let name = &entry.handler;
                if entry.reads_parameters {
                    let wrapper = Wrapper::body_that_calls(is_async, &declared, name);
                    compiled(Form::Body, self.script(&wrapper.wrap(self.text))?)
                } else {
                    let wrapper = Wrapper::declarations(is_async, name);
                    compiled(Form::Declarations, self.script(&wrapper.wrap(self.text))?)
                }
            }
            Shape::Body {
                declared,
                entry: None,
            } => {
                let bytecode = match as_body {
                    Some(bytecode) => bytecode,
                    None => self.script(&Wrapper::body(is_async, &declared).wrap(self.text))?,
                };
                Compiled {
                    reads_context: body_reads_context(self.text),
                    ..compiled(Form::Body, bytecode)
                }
            }
            Shape::Expression { span, is_strict } => {
                let before = self.text.get(..span.start).unwrap_or_default();
                let expression = self.text.get(span).unwrap_or_default();
                let text = blank(before) + expression;
                let wrapper = Wrapper::expression(is_async, is_strict);
                compiled(Form::Expression, self.script(&wrapper.wrap(&text))?)
            }
            Shape::Declarations { handler } => {
                let wrapper = Wrapper::declarations(is_async, &handler);
                compiled(Form::Declarations, self.script(&wrapper.wrap(self.text))?)
            }
            Shape::CommonJs { declared } => {
                let wrapper = Wrapper::common_js(is_async, &declared);
                compiled(Form::CommonJs, self.script(&wrapper.wrap(self.text))?)
            }
        })
    }

    fn as_module(&self) -> Result<Compiled, Rejection> {
        let bytecode = Bytecode::compile(self.ctx, self.text, Goal::Module, USER_FILE, 1);
        let bytecode = bytecode.map_err(|_| self.ctx.catch());
        // QuickJS resolves imports once it has parsed the whole text.
        if let Err(thrown) = &bytecode
            && !syntax_error::is_unresolved_import(thrown)
        {
            return Err(syntax_error::of(thrown, self.text));
        }
        shape::check_module(self.text)?;
        let bytecode = bytecode.map_err(|thrown| syntax_error::of(&thrown, self.text))?;
        Ok(Compiled {
            form: Form::Module,
            bytecode,
            reads_context: true,
            globals: Mentioned::NONE,
        })
    }

    /// A body that has a variable named `await`, and so cannot be async.
    fn as_body_that_declares_await(&self) -> Option<Compiled> {
        let wrapper = Wrapper::without_parameters(false);
        let wrapped = wrapper.wrap(self.text);
        self.script(&wrapped).ok()?;
        let declares = shape::declares(&wrapped, wrapper.before.len(), self.text, "await");
        declares.then(|| self.as_function(false).ok()).flatten()
    }

    fn script(&self, text: &str) -> Result<Bytecode, Rejection> {
        Bytecode::compile(self.ctx, text, Goal::Script, USER_FILE, wrapper::FIRST_LINE)
            .map_err(|_| syntax_error::of(&self.ctx.catch(), self.text))
    }
}

/// The error with its place, where QuickJS gives none: for an invalid regular expression, and for a
/// name that is not declared.
fn located(subject: &Subject<'_, '_>, error: SyntaxError) -> SyntaxError {
    if error.place.is_some() {
        return error;
    }
    match place_of_regexp(subject, &error) {
        Some(place) => error.in_regexp(place),
        None => SyntaxError {
            place: error.place_of_name(subject.text),
            ..error
        },
    }
}

/// Where the regular expression literal begins that causes `error`. QuickJS parses from left to
/// right, so the shortest beginning of the text with the same error ends with the literal. Without
/// the slash that ends the literal the error is another one, which has a place.
fn place_of_regexp(subject: &Subject<'_, '_>, error: &SyntaxError) -> Option<Place> {
    let text = subject.text;
    let is_error = |end| error_of(subject, end).as_ref() == Some(error);
    let (mut without, mut with) = (0, text.len());
    if !is_error(with) {
        return None;
    }
    while without + 1 < with {
        let middle = text.ceil_char_boundary(without.midpoint(with));
        if middle == with {
            break;
        }
        if is_error(middle) {
            with = middle;
        } else {
            without = middle;
        }
    }
    let literal = text.get(..with)?;
    let literal = literal.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_');
    let unended = literal.strip_suffix('/')?;
    error_of(subject, unended.len())
        .filter(SyntaxError::is_unended_regexp)?
        .place
}

/// The syntax error in the first `end` bytes of the text, if there is one.
fn error_of(subject: &Subject<'_, '_>, end: usize) -> Option<SyntaxError> {
    match subject.rejection(end)? {
        Rejection::Syntax(error) => Some(error),
        Rejection::TooDeep | Rejection::Final(_) => None,
    }
}

/// Spaces as long as `text`, with its line feeds: the text that follows keeps its line and column.
fn blank(text: &str) -> String {
    let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
    text.bytes().map(blank).collect()
}

/// Whether a body can name its second or third argument; an escape may be part of a name. Making
/// the context is a seventh of what a small call costs.
fn body_reads_context(source: &str) -> bool {
    ["context", "instanceId", "arguments", "\\u"]
        .into_iter()
        .any(|name| source.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_prepared_without_changing_its_positions() {
        for (source, prepared) in [
            ("return 1", "return 1"),
            ("\u{feff}return 1", "return 1"),
            (
                "#!/usr/bin/env node\nreturn 1",
                "///usr/bin/env node\nreturn 1",
            ),
            ("\u{feff}#! x\r\ny", "// x\r\ny"),
            (" #! x", " #! x"),
            ("a\rb\r\nc\r", "a\nb\r\nc\n"),
            ("a\r\r\nb", "a\n\r\nb"),
            ("", ""),
        ] {
            assert_eq!(prepare(source), prepared, "{source:?}");
        }
    }
}
