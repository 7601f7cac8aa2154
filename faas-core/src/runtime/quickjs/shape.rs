//! Finds the form of a text: a body, an expression, declarations, CommonJS or an ES module.
//!
//! Works on oxc's tree of a text that QuickJS has already accepted, on a stack that is known to be
//! large enough. The forms are decided by the statements at the top of the text alone.

use std::collections::HashSet;
use std::ops::Range;

use oxc_allocator::Allocator;
use oxc_ast::ast::{Expression, Function, FunctionBody, Program, Statement};
use oxc_parser::{ParseOptions, Parser};
use oxc_span::{GetSpan, SourceType};

use super::handler::Handler;
use super::syntax_error::{Refusal, Rejection};

mod common_js;
mod conventions;
mod declarations;
mod entry;
mod modules;

pub(super) use entry::Entry;
pub(super) use modules::{CheckImport, ModuleShape, check_imports, of_module};

/// What to do about code without a handler.
pub(super) const FORMS: &str = "export a function as default or as `handler`, name one after an HTTP \
    method (`GET`, `POST`), export `{ fetch }` as default, assign to `module.exports`, or call \
    `Deno.serve` or `addEventListener(\"fetch\", …)`";

/// The form of a text that is valid inside a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// The body of the handler.
    Body {
        /// The names that it declares with `let`, `const`, `using` or `class` at its top.
        declared: HashSet<String>,
        /// The function that it declares to be called.
        entry: Option<Entry>,
    },
    /// One expression whose value may be the handler.
    Expression {
        /// Where it is in the user's text, with the comments before it.
        span: Range<usize>,
        /// Whether a `"use strict"` directive is before it.
        is_strict: bool,
    },
    /// Declarations, one of which is the handler.
    Declarations {
        /// Its name.
        handler: String,
    },
    /// A module that assigns to `exports` or `module.exports`.
    CommonJs {
        /// As in [`Shape::Body`].
        declared: HashSet<String>,
        /// How its handler is called.
        handler: Handler,
        /// The names that it exports, as far as can be seen without running it.
        names: Vec<String>,
        /// Why it cannot be the main file, if it exports no handler.
        fault: Option<Refusal>,
    },
    /// A text that registers its handler when it runs.
    Registered(Handler),
}

/// The form of `source`, which is at byte `before` of `wrapped`, inside a function expression.
///
/// # Errors
/// When the text leaves that function, and when it is declarations or CommonJS without a handler
/// or with several.
pub(super) fn of_function(wrapped: &str, before: usize, source: &str) -> Result<Shape, Refusal> {
    let allocator = Allocator::default();
    let program = parse(&allocator, wrapped, SourceType::script(), before, source)?;
    let body = body_of(&program, source)?;
    let statements = body.statements.as_slice();
    let declared = declarations::lexical_names(statements);
    if let Some(exports) = common_js::exports(statements, wrapped) {
        let fault = exports.check().err();
        return Ok(Shape::CommonJs {
            declared,
            handler: exports.convention(),
            names: exports.into_names(),
            fault,
        });
    }
    if let Some(handler) = conventions::registered(statements) {
        return Ok(Shape::Registered(handler));
    }
    if let Some(handler) = declarations::handler(statements)? {
        return Ok(Shape::Declarations { handler });
    }
    if let Some(expression) = lone_expression(statements) {
        let start = before_expression(body).max(before);
        let end = expression.span().end as usize;
        return Ok(Shape::Expression {
            span: start - before..end.saturating_sub(before),
            is_strict: is_strict(body),
        });
    }
    let entry = entry::of(&program, statements, wrapped);
    Ok(Shape::Body { declared, entry })
}

/// What a CommonJS file declares with `let`, `const`, `using` or `class` at its top, and the names
/// that it exports as far as can be seen. `source` is at byte `before` of `wrapped`.
///
/// # Errors
/// When the text leaves the function that it is in.
pub(super) fn exported_names(
    wrapped: &str,
    before: usize,
    source: &str,
) -> Result<(HashSet<String>, Vec<String>), Refusal> {
    let allocator = Allocator::default();
    let program = parse(&allocator, wrapped, SourceType::script(), before, source)?;
    let body = body_of(&program, source)?;
    let statements = body.statements.as_slice();
    let names = common_js::exports(statements, wrapped).map(common_js::Exports::into_names);
    Ok((
        declarations::lexical_names(statements),
        names.unwrap_or_default(),
    ))
}

/// Whether `source`, which is at byte `before` of `wrapped`, declares `name` at its top.
pub(super) fn declares(wrapped: &str, before: usize, source: &str, name: &str) -> bool {
    let allocator = Allocator::default();
    let Ok(program) = parse(&allocator, wrapped, SourceType::script(), before, source) else {
        return false;
    };
    only_function(&program)
        .and_then(|function| function.body.as_ref())
        .is_some_and(|body| declarations::names(&body.statements).contains(name))
}

/// Parses what QuickJS has accepted. `source` is at byte `before` of `text`.
fn parse<'a>(
    allocator: &'a Allocator,
    text: &'a str,
    kind: SourceType,
    before: usize,
    source: &str,
) -> Result<Program<'a>, Refusal> {
    let parsed = Parser::new(allocator, text, kind).parse();
    match parsed.diagnostics.iter().next() {
        None if !parsed.panicked => Ok(parsed.program),
        None => Err(Refusal::whole("syntax error")),
        Some(error) => {
            let label = error.labels.first();
            let offset = label.map_or(0, |label| label.offset() as usize);
            let offset = offset.saturating_sub(before);
            Err(Refusal::at_offset(source, offset, &error.message))
        }
    }
}

/// The error for a text that ends the function that it is put into. It has the same nesting as the
/// text that QuickJS has accepted, so it can be parsed alone, which fails at the first such bracket.
fn unbalanced(source: &str) -> Refusal {
    let options = ParseOptions {
        allow_return_outside_function: true,
        ..ParseOptions::default()
    };
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, SourceType::script())
        .with_options(options)
        .parse();
    let label = parsed
        .diagnostics
        .iter()
        .next()
        .and_then(|error| error.labels.first());
    let offset = label.map_or(source.len(), |label| label.offset() as usize);
    Refusal::at_offset(source, offset, "a bracket is closed that was never opened")
}

/// The body of the only function of a text.
///
/// # Errors
/// When the text leaves that function.
fn body_of<'t, 'a>(
    program: &'t Program<'a>,
    source: &str,
) -> Result<&'t FunctionBody<'a>, Refusal> {
    only_function(program)
        .and_then(|function| function.body.as_deref())
        .ok_or_else(|| unbalanced(source))
}

/// The function of a text that is one function expression in parentheses and nothing else.
fn only_function<'t, 'a>(program: &'t Program<'a>) -> Option<&'t Function<'a>> {
    let [Statement::ExpressionStatement(statement)] = program.body.as_slice() else {
        return None;
    };
    let Expression::ParenthesizedExpression(parentheses) = &statement.expression else {
        return None;
    };
    let Expression::FunctionExpression(function) = &parentheses.expression else {
        return None;
    };
    program.directives.is_empty().then_some(function)
}

/// The expression of a text that is one expression statement, when its value may be the handler:
/// a function, or what a call gives. Any other expression is a body, whose value is not used.
fn lone_expression<'t, 'a>(statements: &'t [Statement<'a>]) -> Option<&'t Expression<'a>> {
    let is_empty = |statement: &&Statement<'_>| matches!(statement, Statement::EmptyStatement(_));
    let mut others = statements.iter().filter(|statement| !is_empty(statement));
    let (Some(Statement::ExpressionStatement(statement)), None) = (others.next(), others.next())
    else {
        return None;
    };
    let called = match statement.expression.without_parentheses() {
        Expression::AwaitExpression(awaited) => awaited.argument.without_parentheses(),
        expression => expression,
    };
    let may_be_handler = is_function(called) || matches!(called, Expression::CallExpression(_));
    may_be_handler.then_some(&statement.expression)
}

/// Where the directives and empty statements before a lone expression end; 0 without any.
fn before_expression(body: &FunctionBody<'_>) -> usize {
    let directives = body.directives.iter().map(|directive| directive.span.end);
    let is_empty = |statement: &&Statement<'_>| matches!(statement, Statement::EmptyStatement(_));
    let empty = body.statements.iter().take_while(is_empty);
    let ends = directives.chain(empty.map(|statement| statement.span().end));
    ends.max().map_or(0, |end| end as usize)
}

fn is_function(expression: &Expression<'_>) -> bool {
    expression.without_parentheses().is_function()
}

fn is_strict(body: &FunctionBody<'_>) -> bool {
    body.directives
        .iter()
        .any(|directive| directive.directive.as_str() == "use strict")
}

/// Names of the user's for a message, which must not grow with the text.
fn list<'t>(names: impl IntoIterator<Item = &'t str>) -> String {
    const MOST: usize = 10;
    const LONGEST: usize = 60;
    let mut names = names.into_iter();
    let mut shown: Vec<String> = names
        .by_ref()
        .take(MOST)
        .map(|name| name.chars().take(LONGEST).collect())
        .collect();
    match names.count() {
        0 => {}
        more => shown.push(format!("{more} more")),
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_names_is_bounded() {
        assert_eq!(list(["a", "b"]), "a, b");
        let names: Vec<String> = (0..100).map(|n| n.to_string().repeat(1000)).collect();
        let text = list(names.iter().map(String::as_str));
        assert!(text.len() < 1000, "{text}");
        assert!(text.ends_with("90 more"), "{text}");
    }
}
