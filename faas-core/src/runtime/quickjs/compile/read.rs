//! Tries the forms that a text can have, and compiles it in the one that fits.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ffi::CStr;
use std::sync::Arc;

use rquickjs::Ctx;

use super::super::handler::Handler;
use super::super::modules::Unit;
use super::super::raw::{Bytecode, Goal};
use super::super::shape::{self, CheckImport, ModuleShape, Shape};
use super::super::syntax_error::{self, Place, Refusal, Rejection, SyntaxError};
use super::nesting::{self, Subject};
use super::wrapper::{self, Wrapper};
use super::{Compiled, Form};

/// The text as the parsers read it. It has no byte order mark, its `#!` line is a comment, and a
/// carriage return that stands alone is a line feed: JavaScript reads both alike, also in a template,
/// but positions are counted by line feeds.
pub(super) fn prepare(source: &str) -> Cow<'_, str> {
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

/// A text of JavaScript that is compiled.
pub(super) struct Reader<'a, 'js> {
    pub(super) ctx: &'a Ctx<'js>,
    pub(super) text: &'a str,
    /// The name of the text in stacks and in imports.
    pub(super) file: &'a CStr,
    /// Whether the function has several files.
    pub(super) has_files: bool,
    pub(super) check_import: CheckImport<'a>,
}

impl<'js> Reader<'_, 'js> {
    /// Compiles the text as the main file.
    pub(super) fn read(&self) -> Result<Compiled, Rejection> {
        // A function that does not await need not return a promise.
        let is_async = self.text.contains("await");
        let before = Wrapper::without_parameters(is_async).before;
        let body = self.subject(Goal::Script, &before);
        let module = self.subject(Goal::Module, "");
        let not_a_body = match self.as_function(is_async) {
            Err(Rejection::Syntax(error)) => error,
            Err(Rejection::TooDeep) => return Err(Refusal::from(body.too_deep()).into()),
            Err(rejection @ Rejection::Final(_)) => return Err(rejection),
            Ok(compiled) => return Ok(compiled),
        };
        let not_a_module = match self.as_module() {
            Err(Rejection::Syntax(error)) => error,
            Err(Rejection::TooDeep) => return Err(Refusal::from(module.too_deep()).into()),
            Err(rejection @ Rejection::Final(_)) => return Err(rejection),
            Ok(compiled) => return Ok(compiled),
        };
        if is_async && let Some(compiled) = self.as_body_that_declares_await() {
            return Ok(compiled);
        }
        if let Some(subject) = [&body, &module].into_iter().find(|form| form.is_too_deep()) {
            return Err(Refusal::from(subject.too_deep()).into());
        }
        let not_a_body = located(&body, not_a_body);
        let mut not_a_module = located(&module, not_a_module);
        if not_a_module.message == "return not in a function" {
            not_a_module.message.push_str(
                ": code that imports or exports is a module, so return from an exported function",
            );
        }
        let farther = syntax_error::farther(not_a_body, not_a_module);
        Err(Rejection::Syntax(nesting::hinted(farther, self.text)))
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
        let compiled = |form, handler, bytecode| Compiled {
            form,
            handler,
            bytecode,
            reads_context: true,
            uses_deno: ["Deno.env", "Deno.serve"]
                .iter()
                .any(|name| self.text.contains(name)),
            maps: Arc::default(),
            linked: Arc::default(),
        };
        Ok(match shape {
            Shape::Body {
                declared,
                entry: Some(entry),
            } => {
                let name = &entry.handler;
                if entry.reads_parameters {
                    let wrapper = Wrapper::body_that_calls(is_async, &declared, name);
                    compiled(
                        Form::Body,
                        Handler::Function,
                        self.script(&wrapper.wrap(self.text))?,
                    )
                } else {
                    let wrapper = Wrapper::declarations(is_async, name);
                    compiled(
                        Form::Declarations,
                        Handler::Function,
                        self.script(&wrapper.wrap(self.text))?,
                    )
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
                    ..compiled(Form::Body, Handler::Body, bytecode)
                }
            }
            Shape::Expression { span, is_strict } => {
                let before = self.text.get(..span.start).unwrap_or_default();
                let expression = self.text.get(span).unwrap_or_default();
                let text = blank(before) + expression;
                let wrapper = Wrapper::expression(is_async, is_strict);
                compiled(
                    Form::Expression,
                    Handler::Expression,
                    self.script(&wrapper.wrap(&text))?,
                )
            }
            Shape::Declarations { handler } => {
                let wrapper = Wrapper::declarations(is_async, &handler);
                compiled(
                    Form::Declarations,
                    Handler::Function,
                    self.script(&wrapper.wrap(self.text))?,
                )
            }
            Shape::CommonJs {
                fault: Some(fault), ..
            } => return Err(fault.into()),
            Shape::CommonJs {
                declared, handler, ..
            } => {
                let wrapper = self.common_js(is_async, &declared);
                let bytecode = self.script(&wrapper.wrap(self.text))?;
                compiled(Form::CommonJs, handler, bytecode)
            }
            Shape::Registered(handler) => {
                let wrapper = Wrapper::without_parameters(is_async);
                let bytecode = self.script(&wrapper.wrap(self.text))?;
                compiled(Form::Declarations, handler, bytecode)
            }
        })
    }

    fn common_js(&self, is_async: bool, declared: &HashSet<String>) -> Wrapper {
        if self.has_files {
            Wrapper::common_js_file(is_async, declared)
        } else {
            Wrapper::common_js(is_async, declared)
        }
    }

    /// Compiles the text as a file that another one imports or requires: as an ES module if
    /// `is_module`, otherwise as CommonJS unless it imports or exports.
    pub(super) fn read_unit(&self, is_module: bool) -> Result<Unit, Rejection> {
        let not_common_js = if is_module {
            None
        } else {
            match self.as_common_js() {
                Ok(unit) => return Ok(unit),
                Err(Rejection::Syntax(error)) => Some(error),
                Err(rejection) => return Err(rejection),
            }
        };
        let bytecode = match (self.module(self.text), not_common_js) {
            (Err(Rejection::Syntax(error)), Some(other)) => {
                return Err(Rejection::Syntax(syntax_error::farther(other, error)));
            }
            (bytecode, _) => bytecode?,
        };
        shape::check_imports(self.text, self.check_import)?;
        Ok(Unit::Module(bytecode))
    }

    fn as_common_js(&self) -> Result<Unit, Rejection> {
        let plain = Wrapper::without_parameters(false);
        let wrapped = plain.wrap(self.text);
        self.script(&wrapped)?;
        let (declared, names) = shape::exported_names(&wrapped, plain.before.len(), self.text)?;
        let wrapper = Wrapper::common_js_file(false, &declared);
        let bytecode = self.script(&wrapper.wrap(self.text))?;
        Ok(Unit::CommonJs(bytecode, names))
    }

    fn as_module(&self) -> Result<Compiled, Rejection> {
        let bytecode = self.module(self.text)?;
        let ModuleShape { handler, declared } = shape::of_module(self.text, self.check_import)?;
        let bytecode = match declared {
            Some(name) => {
                self.module(&format!("{}\nexport {{ {name} as handler }};", self.text))?
            }
            None => bytecode,
        };
        Ok(Compiled {
            form: Form::Module,
            handler,
            bytecode,
            reads_context: true,
            uses_deno: ["Deno.env", "Deno.serve"]
                .iter()
                .any(|name| self.text.contains(name)),
            maps: Arc::default(),
            linked: Arc::default(),
        })
    }

    fn module(&self, text: &str) -> Result<Bytecode, Rejection> {
        Bytecode::compile(self.ctx, text, Goal::Module, self.file, 1)
            .map_err(|_| syntax_error::of(&self.ctx.catch(), self.text))
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
        Bytecode::compile(self.ctx, text, Goal::Script, self.file, wrapper::FIRST_LINE)
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
