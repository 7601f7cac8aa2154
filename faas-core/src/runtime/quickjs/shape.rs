//! Which of the three forms a text has: a body, declarations, or a module.
//!
//! Works on oxc's tree of a text that QuickJS has already compiled, on a stack that is known to be
//! large enough.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    BindingPattern, Declaration, Expression, Function, Program, Statement, SwitchStatement,
    TryStatement, VariableDeclarator,
};
use oxc_parser::Parser;
use oxc_span::{SourceType, Span};

use super::compile::plain;
use super::syntax_error;
use crate::error::CompileError;

/// What is said of code that has none of the forms.
pub(super) const FORMS: &str = "no function found: write a body that uses `input` and returns a \
    value, or declare a function (`handler`, `main`, or any one), or export one from a module \
    (`export default`, or an export named `handler`)";

const NO_IMPORTS: &str = "there is nothing to import from: modules cannot be loaded here";

/// The form of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// A function's body.
    Body,
    /// Declarations, one of which is the handler.
    Declarations {
        /// Its name.
        handler: String,
    },
    /// An ES module that exports a handler.
    Module,
}

/// The shape of `source`, which stands at `before` in `wrapped`: inside a function expression.
///
/// # Errors
/// When the text breaks out of that function, or is no code in any form.
pub(super) fn of_body(wrapped: &str, before: usize, source: &str) -> Result<Shape, CompileError> {
    let allocator = Allocator::default();
    let program = parse(&allocator, wrapped, SourceType::script(), before, source)?;
    let function = only_function(&program)
        .ok_or_else(|| plain("syntax error: the code closes more brackets than it opens"))?;
    let statements = function
        .body
        .as_ref()
        .map_or(&[][..], |body| body.statements.as_slice());
    if returns(statements) {
        return Ok(Shape::Body);
    }
    find_handler(statements)
        .map(|handler| Shape::Declarations { handler })
        .ok_or_else(|| plain(FORMS))
}

/// The shape of `source`, which compiles as a module: a module when it exports anything.
///
/// # Errors
/// When it imports, when it exports no handler, or when it has no function.
pub(super) fn of_module(source: &str) -> Result<Shape, CompileError> {
    let allocator = Allocator::default();
    let program = parse(&allocator, source, SourceType::mjs(), 0, source)?;
    let (mut exports, mut exports_handler) = (false, false);
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) => return Err(no_imports(source, import.span)),
            Statement::ExportAllDeclaration(export) => {
                return Err(no_imports(source, export.span));
            }
            Statement::ExportFromDeclaration(export) => {
                return Err(no_imports(source, export.span));
            }
            Statement::ExportDefaultDeclaration(_) => exports_handler = true,
            Statement::ExportNamedDeclaration(export) => {
                exports_handler |= export
                    .specifiers
                    .iter()
                    .any(|name| matches!(name.exported.name().as_str(), "default" | "handler"));
            }
            Statement::ExportDeclaration(export) => {
                exports_handler |= declares_handler(&export.declaration);
            }
            _ => continue,
        }
        exports = true;
    }
    match (exports, exports_handler) {
        (_, true) => Ok(Shape::Module),
        (true, false) => Err(plain(
            "the module exports no handler: export one as default, or as `handler`",
        )),
        (false, false) => find_handler(&program.body)
            .map(|handler| Shape::Declarations { handler })
            .ok_or_else(|| plain(FORMS)),
    }
}

fn parse<'a>(
    allocator: &'a Allocator,
    text: &'a str,
    kind: SourceType,
    before: usize,
    source: &str,
) -> Result<Program<'a>, CompileError> {
    let parsed = Parser::new(allocator, text, kind).parse();
    match parsed.diagnostics.iter().next() {
        None if !parsed.panicked => Ok(parsed.program),
        None => Err(plain("syntax error")),
        Some(error) => {
            let offset = error
                .labels
                .first()
                .map_or(0, |label| label.offset() as usize);
            Err(syntax_error::at_offset(
                source,
                offset.saturating_sub(before),
                &error.message,
            ))
        }
    }
}

fn no_imports(source: &str, span: Span) -> CompileError {
    syntax_error::at_offset(source, span.start as usize, NO_IMPORTS)
}

/// The function of a text that is one parenthesised function expression and nothing else.
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

/// Whether one of the statements returns from the function that they are in.
fn returns(statements: &[Statement<'_>]) -> bool {
    statements.iter().any(statement_returns)
}

fn statement_returns(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ReturnStatement(_) => true,
        Statement::BlockStatement(block) => returns(&block.body),
        Statement::DoWhileStatement(repeat) => statement_returns(&repeat.body),
        Statement::ForInStatement(repeat) => statement_returns(&repeat.body),
        Statement::ForOfStatement(repeat) => statement_returns(&repeat.body),
        Statement::ForStatement(repeat) => statement_returns(&repeat.body),
        Statement::IfStatement(choice) => {
            statement_returns(&choice.consequent)
                || choice.alternate.as_ref().is_some_and(statement_returns)
        }
        Statement::LabeledStatement(labeled) => statement_returns(&labeled.body),
        Statement::SwitchStatement(switch) => switch_returns(switch),
        Statement::TryStatement(attempt) => try_returns(attempt),
        Statement::WhileStatement(repeat) => statement_returns(&repeat.body),
        Statement::WithStatement(with) => statement_returns(&with.body),
        _ => false,
    }
}

fn switch_returns(switch: &SwitchStatement<'_>) -> bool {
    switch.cases.iter().any(|case| returns(&case.consequent))
}

fn try_returns(attempt: &TryStatement<'_>) -> bool {
    let handler = attempt.handler.as_ref().map(|handler| &handler.body);
    [Some(&attempt.block), handler, attempt.finalizer.as_ref()]
        .into_iter()
        .flatten()
        .any(|block| returns(&block.body))
}

/// The declaration named `handler`, else `main`, else the first function.
fn find_handler(statements: &[Statement<'_>]) -> Option<String> {
    let (mut handler, mut main, mut first) = (None, None, None);
    let mut found = |name: &str, is_function: bool| match name {
        "handler" => handler = Some(name.to_owned()),
        "main" => main = Some(name.to_owned()),
        _ if is_function && first.is_none() => first = Some(name.to_owned()),
        _ => {}
    };
    for statement in statements {
        match statement {
            Statement::FunctionDeclaration(function) => {
                if let Some(id) = &function.id {
                    found(id.name.as_str(), true);
                }
            }
            Statement::VariableDeclaration(variables) => {
                for variable in &variables.declarations {
                    if let Some(name) = simple_name(variable) {
                        found(name, variable.init.as_ref().is_some_and(is_function));
                    }
                }
            }
            _ => {}
        }
    }
    handler.or(main).or(first)
}

fn simple_name<'t>(variable: &'t VariableDeclarator<'_>) -> Option<&'t str> {
    match &variable.id {
        BindingPattern::BindingIdentifier(id) => Some(id.name.as_str()),
        _ => None,
    }
}

fn is_function(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::FunctionExpression(_) | Expression::ArrowFunctionExpression(_) => true,
        Expression::ParenthesizedExpression(inner) => is_function(&inner.expression),
        _ => false,
    }
}

fn declares_handler(declaration: &Declaration<'_>) -> bool {
    match declaration {
        Declaration::FunctionDeclaration(function) => function
            .id
            .as_ref()
            .is_some_and(|id| id.name.as_str() == "handler"),
        Declaration::VariableDeclaration(variables) => variables
            .declarations
            .iter()
            .any(|variable| simple_name(variable) == Some("handler")),
        _ => false,
    }
}
