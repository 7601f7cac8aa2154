//! Code as people write it, and what becomes of each piece: its result, its failure, or why it is
//! refused.

use faas_core::model::{FailureKind, FunctionId};
use faas_core::runtime::Runtime;
use serde_json::Value;

use super::rig::Rig;

mod bodies;
mod errors;
mod functions;
mod modules;
mod shadowed;

/// The input of every snippet.
const INPUT: &str = r#"{"a":2,"b":3,"n":5,"name":"Ada","items":[1,2,3],"nested":{"x":{"y":1}}}"#;

/// What becomes of a snippet.
enum Is {
    /// It returns this JSON.
    Json(&'static str),
    /// It writes these lines, and returns null.
    Logged(&'static [&'static str]),
    /// It fails; the message begins so.
    Throws(&'static str),
    /// It is refused at this line and column; the message contains this.
    RefusedAt(u32, u32, &'static str),
    /// It is refused as a whole; the message contains this.
    Refused(&'static str),
}

/// Code, and what becomes of it.
type Snippet = (&'static str, Is);

fn check(snippets: &[Snippet]) {
    let rig = Rig::new();
    let mut wrong = Vec::new();
    for (source, expected) in snippets {
        let program = match (rig.quickjs_compile(source), expected) {
            (Ok(program), Is::Json(_) | Is::Logged(_) | Is::Throws(_)) => program,
            (Err(error), Is::RefusedAt(line, column, message))
                if (error.line, error.column) == (Some(*line), Some(*column))
                    && error.message.contains(message)
                    && error
                        .message
                        .contains(&format!("at line {line}, column {column}: ")) =>
            {
                continue;
            }
            (Err(error), Is::Refused(message))
                if error.message.contains(message) && error.line.is_none() =>
            {
                continue;
            }
            (Ok(_), _) => {
                wrong.push(format!("{source:?} is accepted"));
                continue;
            }
            (Err(error), _) => {
                wrong.push(format!("{source:?} is refused: {error}"));
                continue;
            }
        };
        let id = FunctionId::from_u128(fastrand::u128(..));
        let outcome = rig.call(id, &program, INPUT);
        let lines: Vec<&str> = outcome.logs.iter().map(|line| &*line.message).collect();
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let is_right = match (&outcome.result, expected) {
            (Ok(output), Is::Json(json)) => value(output.as_str()) == value(json),
            (Ok(output), Is::Logged(expected)) => output.as_str() == "null" && lines == *expected,
            (Err(failure), Is::Throws(message)) => {
                failure.kind == FailureKind::UserError && failure.message.starts_with(message)
            }
            _ => false,
        };
        if !is_right {
            wrong.push(format!(
                "{source:?} gives {:?} and logs {lines:?}",
                outcome.result
            ));
        }
        rig.quickjs.forget(id);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_body_is_read_as_the_body_of_an_async_function() {
    check(bodies::BODIES);
}

#[test]
fn what_a_body_declares_shadows_its_parameters() {
    check(shadowed::SHADOWS);
}

#[test]
fn a_body_need_not_return() {
    check(shadowed::WITHOUT_RETURN);
}

#[test]
fn a_lone_expression_that_is_a_function_is_the_handler() {
    check(functions::EXPRESSIONS);
}

#[test]
fn of_declarations_handler_is_called_else_main_else_the_only_function() {
    check(functions::DECLARATIONS);
}

#[test]
fn a_handler_that_is_declared_beside_other_statements_is_called() {
    check(functions::DECLARED_IN_BODIES);
}

#[test]
fn common_js_exports_its_handler() {
    check(functions::COMMON_JS);
}

#[test]
fn an_es_module_exports_its_handler() {
    check(modules::MODULES);
}

#[test]
fn what_is_missing_here_is_named_with_what_to_do() {
    check(modules::ELSEWHERE);
}

#[test]
fn typescript_and_jsx_run_without_being_told() {
    check(modules::TYPESCRIPT);
}

#[test]
fn a_syntax_error_has_its_line_and_column() {
    check(errors::ERRORS);
}
