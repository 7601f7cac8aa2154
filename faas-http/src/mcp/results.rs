//! What a call of a tool answers: the result of its execution as structured content and as text, or
//! its failure with the console lines.

use std::fmt::Write as _;

use faas_api as wire;
use faas_core::Error;
use faas_core::model::{Execution, Failure, Json, LogLine};
use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Map, Value, json};

/// The most bytes of console lines in an answer.
const MAX_LOGS: usize = 16 << 10;

/// The answer of a function.
pub(super) fn of_function(execution: &Execution) -> CallToolResult {
    let result = match &execution.failure {
        Some(failure) => failed(execution, failure),
        None => {
            let (text, value) = output(execution);
            // Older clients expect an object.
            let structured = match value {
                Value::Object(_) => value,
                value => json!({ "result": value }),
            };
            succeeded(text, structured)
        }
    };
    described(result, execution)
}

/// The answer of code that ran once. Its result comes with what it wrote to its console.
pub(super) fn of_run(execution: &Execution) -> CallToolResult {
    let logs: Vec<&str> = (execution.logs.iter())
        .map(|line| line.message.as_str())
        .collect();
    let result = match &execution.failure {
        Some(failure) => failed(execution, failure),
        None => {
            let (text, value) = output(execution);
            let structured = json!({ "result": value, "logs": logs });
            succeeded(format!("{text}{}", console(&execution.logs)), structured)
        }
    };
    described(result, execution)
}

/// The answer of a call that the platform did not run.
pub(super) fn refused(error: &Error) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(error.to_string())])
}

/// The result as text and as a value. A string is its own text.
fn output(execution: &Execution) -> (String, Value) {
    let json = execution.output.as_ref().map_or("null", Json::as_str);
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    let text = value.as_str().unwrap_or(json).to_owned();
    (text, value)
}

fn succeeded(text: String, structured: Value) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structured);
    result
}

fn failed(execution: &Execution, failure: &Failure) -> CallToolResult {
    let mut text = failure.message.clone();
    if let Some(stack) = &failure.stack {
        text.push('\n');
        text.push_str(stack);
    }
    text.push_str(&console(&execution.logs));
    CallToolResult::error(vec![ContentBlock::text(text)])
}

/// The console lines below a heading; nothing if there are none.
fn console(lines: &[LogLine]) -> String {
    let mut text = String::new();
    for line in lines {
        if text.len() + line.message.len() > MAX_LOGS {
            text.push_str("\n(further lines are left out)");
            break;
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "\n[{}] {}", line.level.as_str(), line.message);
    }
    if text.is_empty() {
        text
    } else {
        format!("\n\nconsole:{text}")
    }
}

/// Adds what the execution was.
fn described(mut result: CallToolResult, execution: &Execution) -> CallToolResult {
    let mut meta = Map::new();
    let mut set = |name: &str, value: Value| meta.insert(format!("faas/{name}"), value);
    set("executionId", execution.id.to_string().into());
    set("cost", json!(wire::Dollars(execution.cost.total())));
    set("duration", json!(wire::Millis(execution.duration)));
    set("hostCalls", execution.host_call_count().into());
    result.meta = Some(MetaObject(meta));
    result
}
