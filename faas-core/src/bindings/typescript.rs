//! A TypeScript declaration file for all bindings, from the JSON schemas of their types.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::Bound;
use super::function::Shape;
use crate::runtime::PresetModule;

/// Where schemas refer to each other.
const DEFINITIONS: &str = "#/$defs/";
/// How deep a type may nest before it is `unknown`. Named types count from their own beginning.
const MAX_NESTING: usize = 32;

/// What is the same for all platforms.
const CONTEXT: &str = "\
/** The second argument of a function. */
interface Context {
  /** The execution's id. */
  readonly executionId: string;
  readonly functionId: string;
  readonly functionName: string;
  readonly functionVersion: number;
  /** The attempt, from 1. */
  readonly attempt: number;
  /** When the attempt will be stopped, in milliseconds since 1970. */
  readonly deadline: number;
  readonly instanceId: string;
  /** The variables and secrets of the function. */
  readonly env: Readonly<Record<string, string>>;
";

pub(super) fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().into_generator()
}

/// The file for these bindings and modules.
pub(super) fn declarations<'a>(
    bindings: impl Iterator<Item = (&'a Arc<str>, &'a Bound)> + Clone,
    modules: &[PresetModule],
) -> String {
    let mut file = String::from(CONTEXT);
    for (name, binding) in bindings.clone() {
        // Not every function has a restricted binding.
        let optional = if binding.is_restricted { "?" } else { "" };
        line(
            &mut file,
            &format!("  readonly {name}{optional}: Bindings.{name}.Functions;"),
        );
    }
    file.push_str("}\n\ndeclare namespace Bindings {\n");
    for (name, binding) in bindings {
        line(&mut file, &format!("  namespace {name} {{"));
        for (name, schema) in &binding.definitions {
            describe(&mut file, schema, "    ");
            line(
                &mut file,
                &format!("    type {} = {};", identifier(name), of(schema, 0)),
            );
        }
        line(&mut file, "    interface Functions {");
        for (name, function) in &binding.functions {
            let argument = argument(&function.argument);
            let result = result(&function.result);
            let argument = match &*argument {
                "null" => String::new(),
                argument => format!("argument: {argument}"),
            };
            line(
                &mut file,
                &format!("      {name}({argument}): Promise<{result}>;"),
            );
        }
        file.push_str("    }\n  }\n");
    }
    file.push_str("}\n");
    for module in modules {
        let name = module.name();
        match module.types() {
            Some(types) => line(
                &mut file,
                &format!("\ndeclare module \"{name}\" {{\n{types}\n}}"),
            ),
            None => line(&mut file, &format!("\ndeclare module \"{name}\";")),
        }
    }
    file
}

fn line(file: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(file, "{text}");
}

/// Writes the description of a schema as a comment.
fn describe(file: &mut String, schema: &Value, indent: &str) {
    if let Some(text) = schema.get("description").and_then(Value::as_str) {
        let text = text.replace("*/", "*\u{200b}/").replace('\n', " ");
        line(file, &format!("{indent}/** {text} */"));
    }
}

fn argument(shape: &Shape) -> String {
    match shape {
        Shape::Json(schema) => of(schema.as_value(), 0),
        Shape::Bytes => "Uint8Array | ArrayBuffer".to_owned(),
        Shape::Stream => "ReadableStream<Uint8Array> | Uint8Array | ArrayBuffer".to_owned(),
    }
}

fn result(shape: &Shape) -> String {
    match shape {
        Shape::Json(schema) => of(schema.as_value(), 0),
        Shape::Bytes => "Uint8Array".to_owned(),
        Shape::Stream => "ReadableStream<Uint8Array>".to_owned(),
    }
}

/// The type that a JSON schema describes. What it does not understand is `unknown`.
fn of(schema: &Value, depth: usize) -> String {
    let Value::Object(schema) = schema else {
        // `true` admits everything, `false` nothing.
        return if schema == &Value::Bool(false) {
            "never"
        } else {
            "unknown"
        }
        .to_owned();
    };
    if depth > MAX_NESTING {
        return "unknown".to_owned();
    }
    let depth = depth + 1;
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return name
            .strip_prefix(DEFINITIONS)
            .map_or_else(|| "unknown".to_owned(), identifier);
    }
    if let Some(only) = schema.get("const") {
        return only.to_string();
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return union(values.iter().map(Value::to_string));
    }
    for (key, separator) in [("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")] {
        if let Some(Value::Array(schemas)) = schema.get(key) {
            let parts: Vec<_> = schemas
                .iter()
                .map(|schema| grouped(schema, depth))
                .collect();
            return parts.join(separator);
        }
    }
    match schema.get("type") {
        Some(Value::String(name)) => of_type(name, schema, depth),
        Some(Value::Array(names)) => union(
            names
                .iter()
                .filter_map(Value::as_str)
                .map(|name| of_type(name, schema, depth)),
        ),
        _ if schema.contains_key("properties") => object(schema, depth),
        _ => "unknown".to_owned(),
    }
}

/// A type that can stand beside `|`, `&` and `[]`.
fn grouped(schema: &Value, depth: usize) -> String {
    let text = of(schema, depth);
    if text.contains([' ', '|', '&']) && !text.starts_with('{') {
        format!("({text})")
    } else {
        text
    }
}

fn union(types: impl Iterator<Item = String>) -> String {
    let mut seen = BTreeSet::new();
    let different: Vec<_> = types.filter(|name| seen.insert(name.clone())).collect();
    if different.is_empty() {
        "never".to_owned()
    } else {
        different.join(" | ")
    }
}

fn of_type(name: &str, schema: &Map<String, Value>, depth: usize) -> String {
    match name {
        "string" => "string".to_owned(),
        "number" | "integer" => "number".to_owned(),
        "boolean" => "boolean".to_owned(),
        "null" => "null".to_owned(),
        "array" => array(schema, depth),
        "object" => object(schema, depth),
        _ => "unknown".to_owned(),
    }
}

fn array(schema: &Map<String, Value>, depth: usize) -> String {
    if let Some(Value::Array(items)) = schema.get("prefixItems") {
        let items: Vec<_> = items.iter().map(|item| of(item, depth)).collect();
        return format!("[{}]", items.join(", "));
    }
    match schema.get("items") {
        Some(items) => format!("{}[]", grouped(items, depth)),
        None => "unknown[]".to_owned(),
    }
}

fn object(schema: &Map<String, Value>, depth: usize) -> String {
    let required: BTreeSet<&str> = (schema.get("required").and_then(Value::as_array))
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => "{}".to_owned(),
            Some(values) => format!("{{ [name: string]: {} }}", of(values, depth)),
            None => "{ [name: string]: unknown }".to_owned(),
        };
    };
    let members = properties.iter().map(|(name, schema)| {
        let optional = if required.contains(name.as_str()) {
            ""
        } else {
            "?"
        };
        let name = if identifier(name) == *name {
            name.clone()
        } else {
            Value::from(name.as_str()).to_string()
        };
        format!("{name}{optional}: {}", of(schema, depth))
    });
    let members: Vec<_> = members.collect();
    format!("{{ {} }}", members.join("; "))
}

/// A name with everything replaced that is no part of an identifier.
fn identifier(name: &str) -> String {
    let replaced = name.chars().enumerate().map(|(at, one)| {
        let fits = one == '_' || one.is_ascii_alphabetic() || (at > 0 && one.is_ascii_digit());
        if fits { one } else { '_' }
    });
    replaced.collect()
}
