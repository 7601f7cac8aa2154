//! Decides what a text is that is not valid JavaScript: TypeScript, JSX, or JavaScript with a mistake.
//!
//! QuickJS has rejected the text, so it has not bounded how deeply the whole of it nests. A text
//! goes to oxc only when it has so few tokens that even one level for each fits on the stack.

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;

use super::super::syntax_error::{self, Place, SyntaxError};
use super::typescript::{self, Stripped};

/// The most tokens that can begin a level of nesting in a text that goes to oxc before QuickJS.
pub(super) const MAX_NESTING_TOKENS: usize = 100_000;

/// The most stack that oxc takes for one level, in bytes, where it is not optimised: the tests
/// measure it.
pub(super) const LEVEL_STACK: usize = 4 << 10;

/// The most brackets that such a text has open at a time. Code that people write has a dozen; to
/// tell parameters from expressions in TypeScript, oxc parses nested brackets repeatedly.
const MAX_OPEN_BRACKETS: usize = 256;

/// Transforms a text that QuickJS rejects with `error`, if it is TypeScript or JSX.
///
/// # Errors
/// What is wrong with the text: `error`, or the error in its own language.
pub(super) fn transform(text: &str, error: SyntaxError) -> Result<Stripped, SyntaxError> {
    if !is_small(text) {
        return Err(error);
    }
    let in_javascript =
        [SourceType::mjs(), SourceType::script()].map(|kind| first_error(text, kind));
    let is_javascript = in_javascript.iter().any(Option::is_none);
    if is_javascript && !error.is_before(text, '@') {
        return Err(misplaced_await(text, error));
    }
    match typescript::strip(text, &typescript::ANY) {
        Ok(stripped) => Ok(stripped),
        Err(other) => {
            let farthest = in_javascript.into_iter().flatten().max();
            Err(if other.fits || other.error.place > farthest {
                other.error
            } else {
                misplaced_await(text, error)
            })
        }
    }
}

/// Where the first error is when oxc parses the text as `kind`; `None` when it is valid.
fn first_error(text: &str, kind: SourceType) -> Option<Place> {
    let allocator = Allocator::default();
    let options = ParseOptions {
        allow_return_outside_function: true,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(&allocator, text, kind)
        .with_options(options)
        .parse();
    let error = parsed.diagnostics.errors().next()?;
    let label = error.labels.first();
    let offset = label.map_or(0, |label| label.offset() as usize);
    Some(syntax_error::place_at(text, offset))
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
        message: "`await` is allowed in an async function only: write `async` before the function"
            .to_owned(),
        place: Some(syntax_error::place_at(text, before_await.len())),
    }
}

/// Whether a parser without any check of its stack can parse the text, in a short time.
pub(super) fn is_small(text: &str) -> bool {
    nesting_tokens(text) <= MAX_NESTING_TOKENS && most_open_brackets(text) <= MAX_OPEN_BRACKETS
}

/// How many tokens of the text can begin a level of nesting. Counts what may be in strings and
/// comments too: the count may be too high but never too low.
pub(super) fn nesting_tokens(text: &str) -> usize {
    let mut tokens = 0;
    let mut word = 0_usize;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') {
            word += 1;
            // One word can be a keyword that nests, such as `typeof`, `new` or `else`.
            tokens += usize::from(word == 2);
            continue;
        }
        word = 0;
        let never_nests = matches!(byte, b')' | b']' | b'}' | b'.' | b',' | b';' | b'\'' | b'"');
        tokens += usize::from(byte.is_ascii_punctuation() && !never_nests);
    }
    tokens
}

fn most_open_brackets(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => {
                open += 1;
                most = most.max(open);
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}
