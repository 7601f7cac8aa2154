//! Bodies that declare their handler: `function handler(input) {…}` beside other statements.
//!
//! Such a text is valid as a body, but its result would always be null, and the function would
//! never run. So the function is called, unless the text does something with it itself.

use std::ops::Range;

use oxc_ast::ast::{Program, Statement};
use oxc_span::GetSpan;

use super::declarations;
use crate::runtime::quickjs::compile::BODY;

/// The handler that a body declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runtime::quickjs) struct Entry {
    /// Its name.
    pub(in crate::runtime::quickjs) handler: String,
    /// Whether the text around the handler may read the parameters of a body. It then has to run
    /// on each call.
    pub(in crate::runtime::quickjs) reads_parameters: bool,
}

/// The function named `handler`, else `main`, that a body declares and does not mention again. A
/// body that returns or has a `using` declaration has none. `statements` are those of the body in
/// `text`, the text of `program`.
pub(super) fn of(program: &Program<'_>, statements: &[Statement<'_>], text: &str) -> Option<Entry> {
    let ends_early = |statement| returns(statement) || declarations::has_using(statement);
    if statements.iter().any(ends_early) {
        return None;
    }
    let start = statements.first()?.span().start as usize;
    let end = statements.last()?.span().end as usize;
    ["handler", "main"].into_iter().find_map(|name| {
        let mut declared = statements
            .iter()
            .filter(|statement| declarations::declares_function(statement, name));
        let (Some(declaration), None) = (declared.next(), declared.next()) else {
            return None;
        };
        let span = declaration.span();
        let around = [start..span.start as usize, span.end as usize..end];
        let mentions = |name: &str| {
            around
                .iter()
                .any(|range| mentions(program, text, range.clone(), name))
        };
        (!mentions(name)).then(|| Entry {
            handler: name.to_owned(),
            reads_parameters: BODY.into_iter().any(mentions) || mentions("arguments"),
        })
    })
}

/// Whether the text may mention `name` in `range`: comments do not count, strings do.
fn mentions(program: &Program<'_>, text: &str, range: Range<usize>, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let part = text.get(range.clone()).unwrap_or_default();
    // An escape may be part of a name.
    if part.contains("\\u") {
        return true;
    }
    part.match_indices(name).any(|(at, _)| {
        let at = range.start + at;
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text
            .get(at + name.len()..)
            .and_then(|text| text.chars().next());
        // Comments are in the order of the text.
        let comments = &program.comments;
        let next = comments.partition_point(|comment| comment.span.start as usize <= at);
        let comment = next.checked_sub(1).and_then(|last| comments.get(last));
        let is_comment = comment.is_some_and(|comment| at < comment.span.end as usize);
        !before.is_some_and(is_part) && !after.is_some_and(is_part) && !is_comment
    })
}

/// Whether the statement may return from the function that it is in.
fn returns(statement: &Statement<'_>) -> bool {
    let any = |statements: &[Statement<'_>]| statements.iter().any(returns);
    match statement {
        Statement::ReturnStatement(_) => true,
        Statement::BlockStatement(block) => any(&block.body),
        Statement::IfStatement(choice) => {
            returns(&choice.consequent) || choice.alternate.as_ref().is_some_and(returns)
        }
        Statement::ForStatement(each) => returns(&each.body),
        Statement::ForInStatement(each) => returns(&each.body),
        Statement::ForOfStatement(each) => returns(&each.body),
        Statement::WhileStatement(each) => returns(&each.body),
        Statement::DoWhileStatement(each) => returns(&each.body),
        Statement::LabeledStatement(labeled) => returns(&labeled.body),
        Statement::WithStatement(with) => returns(&with.body),
        Statement::SwitchStatement(switch) => switch.cases.iter().any(|case| any(&case.consequent)),
        Statement::TryStatement(attempt) => {
            any(&attempt.block.body)
                || attempt
                    .handler
                    .as_ref()
                    .is_some_and(|handler| any(&handler.body.body))
                || attempt
                    .finalizer
                    .as_ref()
                    .is_some_and(|finalizer| any(&finalizer.body))
        }
        _ => false,
    }
}
