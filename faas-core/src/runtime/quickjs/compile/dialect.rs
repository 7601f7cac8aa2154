//! Explains why a text is no JavaScript that can run here: it imports, or it is TypeScript or JSX.
//!
//! Nothing here decides whether a text is accepted: it only words the error of one that is not.
//! QuickJS has rejected the text, so it has not bounded how deeply the whole of it nests. A text
//! goes to oxc only when it has so few tokens that even one level for each fits on the stack.

use oxc_allocator::Allocator;
use oxc_ast::ast::Statement;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::{GetSpan, SourceType};

use super::super::shape::NO_IMPORTS;
use super::super::syntax_error::{self, SyntaxError};
use crate::error::CompileError;

/// The most tokens that can begin a level of nesting in a text that is explained. oxc takes up to
/// 3 KiB of stack for a level where it is not optimised: the tests measure it.
const MAX_NESTING_TOKENS: usize = 6000;

/// The most brackets that a text that is explained has open at a time. Code that people write has a
/// dozen; to tell parameters from expressions in TypeScript, oxc parses nested brackets repeatedly.
const MAX_OPEN_BRACKETS: usize = 64;

const TYPESCRIPT: &str = "TypeScript syntax is not supported yet: compile it to JavaScript first";
const DECORATORS: &str = "decorators are not supported yet: compile them to plain JavaScript first";
const JSX: &str = "JSX is not supported yet: compile it to JavaScript first";

/// The error for a text that is valid in no form; `error` is the engine's.
pub(super) fn explain(text: &str, error: SyntaxError) -> CompileError {
    if !is_small(text) {
        return error.into_error("syntax error");
    }
    if let Some(offset) = parse(text, SourceType::mjs(), first_import).flatten() {
        return syntax_error::unsupported(text, offset, NO_IMPORTS);
    }
    let is_valid = |kind| parse(text, kind, |_| ()).is_some();
    let is_javascript = is_valid(SourceType::mjs()) || is_valid(SourceType::script());
    let message = if is_javascript {
        error.is_before(text, '@').then_some(DECORATORS)
    } else if error.message.starts_with("duplicate") {
        // Names that are declared twice can be valid in TypeScript.
        None
    } else if is_valid(SourceType::ts()) {
        Some(TYPESCRIPT)
    } else if is_valid(SourceType::jsx()) {
        Some(JSX)
    } else {
        is_valid(SourceType::tsx()).then_some(TYPESCRIPT)
    };
    let Some(message) = message else {
        return misplaced_await(text, error).into_error("syntax error");
    };
    let message = message.to_owned();
    SyntaxError { message, ..error }.into_error("unsupported code")
}

/// What `read` finds in the text, when the text is valid as `kind`.
fn parse<R>(text: &str, kind: SourceType, read: fn(&[Statement<'_>]) -> R) -> Option<R> {
    let allocator = Allocator::default();
    let options = ParseOptions {
        allow_return_outside_function: true,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(&allocator, text, kind)
        .with_options(options)
        .parse();
    (!parsed.panicked && parsed.diagnostics.is_empty()).then(|| read(&parsed.program.body))
}

/// Where the first import is.
fn first_import(statements: &[Statement<'_>]) -> Option<usize> {
    statements
        .iter()
        .find(|statement| {
            matches!(
                statement,
                Statement::ImportDeclaration(_)
                    | Statement::ExportAllDeclaration(_)
                    | Statement::ExportFromDeclaration(_)
            )
        })
        .map(|import| import.span().start as usize)
}

/// Says what is wrong with an `await` in a function that is not async: QuickJS reads it as a name
/// there, and does not expect what follows.
fn misplaced_await(text: &str, error: SyntaxError) -> SyntaxError {
    if !["expecting", "Unexpected"]
        .iter()
        .any(|start| error.message.starts_with(start))
    {
        return error;
    }
    let Some(before) = error.offset_in(text).and_then(|offset| text.get(..offset)) else {
        return error;
    };
    let Some(before_await) = before.trim_end().strip_suffix("await") else {
        return error;
    };
    if before_await.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.')) {
        return error;
    }
    SyntaxError {
        message: "`await` is allowed in an async function only".to_owned(),
        place: Some(syntax_error::place_at(text, before_await.len())),
    }
}

/// Whether a parser without any check of its stack can parse the text, in a short time. It counts
/// what may be in strings and comments too, which makes it careful, never careless.
pub(super) fn is_small(text: &str) -> bool {
    let mut tokens = 0_usize;
    let mut word = 0_usize;
    let (mut open, mut most_open) = (0_usize, 0);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') {
            word += 1;
            // One word can be a keyword that nests, such as `typeof`, `new` or `else`.
            tokens += usize::from(word == 2);
            continue;
        }
        word = 0;
        match byte {
            b'(' | b'[' | b'{' => {
                open += 1;
                most_open = most_open.max(open);
                tokens += 1;
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b'.' | b',' | b';' | b'\'' | b'"' => {}
            _ => tokens += usize::from(byte.is_ascii_punctuation()),
        }
    }
    tokens <= MAX_NESTING_TOKENS && most_open <= MAX_OPEN_BRACKETS
}
