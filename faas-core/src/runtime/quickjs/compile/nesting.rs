//! Finds out whether a text is rejected because it nests too deeply, and where.
//!
//! QuickJS looks ahead of a bracket to tell patterns and parameters from expressions. When it runs
//! out of stack there, it drops that error, misreads the bracket, and reports a syntax error that
//! the text does not have. Such an error changes with the size of the stack; a real one does not.
//! The lookahead also gives up behind [`MAX_LOOKAHEAD`] open brackets, whatever the stack.

use super::super::raw::{self, Bytecode, Goal};
use super::super::syntax_error::{self, Place, Rejection, SyntaxError};
use super::{GATE_STACK, wrapper};
use rquickjs::Ctx;

/// The most bytes of a text in which the place is looked for. The search compiles the beginning of
/// the text some twenty times.
const MAX_SEARCHED: usize = 64 << 10;

/// The most open brackets that QuickJS looks behind, as in `js_parse_skip_parens_token`.
const MAX_LOOKAHEAD: usize = 255;

/// The message for a text that nests too deeply.
pub(super) const TOO_DEEP: &str = "the code is nested too deeply";

/// A text that is compiled for one goal, behind the beginning of a wrapper.
pub(super) struct Subject<'a, 'js> {
    pub(super) ctx: &'a Ctx<'js>,
    pub(super) text: &'a str,
    pub(super) goal: Goal,
    pub(super) before: &'a str,
}

impl Subject<'_, '_> {
    /// The rejection of the first `end` bytes of the text, if they are rejected.
    pub(super) fn rejection(&self, end: usize) -> Option<Rejection> {
        let beginning = self.text.get(..end).unwrap_or_default();
        let text = format!("{}{beginning}", self.before);
        let line = match self.goal {
            Goal::Script => wrapper::FIRST_LINE,
            Goal::Module => 1,
        };
        match Bytecode::compile(self.ctx, &text, self.goal, c"function.js", line) {
            Ok(_) => None,
            Err(_) => Some(syntax_error::of(&self.ctx.catch(), self.text)),
        }
    }

    /// Whether the text nests too deeply for the stack.
    pub(super) fn is_too_deep(&self) -> bool {
        self.is_too_deep_before(self.text.len())
    }

    /// Whether the first `end` bytes of the text nest too deeply for the stack.
    fn is_too_deep_before(&self, end: usize) -> bool {
        match self.rejection(end) {
            Some(Rejection::TooDeep) => true,
            Some(Rejection::Syntax(error)) => {
                raw::set_max_stack(self.ctx, 2 * GATE_STACK);
                let with_more_stack = self.rejection(end);
                raw::set_max_stack(self.ctx, GATE_STACK);
                match with_more_stack {
                    Some(Rejection::Syntax(other)) => other != error,
                    Some(Rejection::Final(_)) => false,
                    Some(Rejection::TooDeep) | None => true,
                }
            }
            Some(Rejection::Final(_)) | None => false,
        }
    }

    /// The error for a text that nests too deeply, with the place where it does if that is in the
    /// first [`MAX_SEARCHED`] bytes.
    pub(super) fn too_deep(&self) -> SyntaxError {
        SyntaxError {
            message: TOO_DEEP.to_owned(),
            place: self.place(),
        }
    }

    fn place(&self) -> Option<Place> {
        let (mut without, mut with) = (0, 1 << 10);
        let most = self.text.floor_char_boundary(MAX_SEARCHED);
        loop {
            with = self.text.ceil_char_boundary(with.min(most));
            if self.is_too_deep_before(with) {
                break;
            }
            if with == most {
                return None;
            }
            without = with;
            with *= 2;
        }
        while without + 1 < with {
            let middle = self.text.ceil_char_boundary(without.midpoint(with));
            if middle == with {
                break;
            }
            if self.is_too_deep_before(middle) {
                with = middle;
            } else {
                without = middle;
            }
        }
        Some(syntax_error::place_at(self.text, without))
    }
}

/// Adds to the error of a text with more than [`MAX_LOOKAHEAD`] open brackets that this may be the
/// cause. Brackets in strings and comments count too.
pub(super) fn hinted(mut error: SyntaxError, text: &str) -> SyntaxError {
    let (mut open, mut most_open) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => {
                open += 1;
                most_open = most_open.max(open);
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    if most_open > MAX_LOOKAHEAD {
        error.message.push_str(
            "; the code may be nested too deeply: a pattern or a list of parameters can have at \
             most 255 open brackets",
        );
    }
    error
}
