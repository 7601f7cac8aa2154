//! Validates responses against the OpenAPI document. Supports the parts of JSON Schema that the
//! document uses. A member that the document does not name is an error.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::server::{Server, answer};

/// The document, and the operations that were validated.
pub(crate) struct Document {
    json: Value,
    seen: BTreeSet<String>,
}

impl Document {
    pub(crate) async fn of(server: &Server) -> Self {
        Self {
            json: server.get("/openapi.json").await,
            seen: BTreeSet::new(),
        }
    }

    pub(crate) fn json(&self) -> &Value {
        &self.json
    }

    /// Each operation: its path, its method and its description.
    pub(crate) fn operations(&self) -> Vec<(&str, &str, &Value)> {
        let mut all = Vec::new();
        for (path, item) in self.json["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                all.push((path.as_str(), method.as_str(), operation));
            }
        }
        all
    }

    /// The operations of which no response with the first status was validated.
    pub(crate) fn unseen(&self) -> Vec<&str> {
        let ids = self.operations().into_iter();
        let ids = ids.map(|(_, _, operation)| operation["operationId"].as_str().unwrap());
        ids.filter(|id| !self.seen.contains(*id)).collect()
    }

    /// Sends a request to `path`, an instance of `template`, and validates the response. An empty body
    /// counts as absent.
    pub(crate) async fn call(
        &mut self,
        server: &Server,
        method: Method,
        (template, path): (&str, &str),
        body: Value,
    ) -> (StatusCode, Value) {
        let request = server.request(method.clone(), path);
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        let (status, body) = answer(request).await;
        let operation = &self.json["paths"][template][method.as_str().to_lowercase()];
        let id = operation["operationId"].as_str();
        let id = id.unwrap_or_else(|| panic!("{method} {template} is not in the document"));
        let responses = operation["responses"].as_object().unwrap();
        let response = responses.get(status.as_str());
        let response =
            response.unwrap_or_else(|| panic!("{id}: the document has no response {status}"));
        let schema = &response["content"]["application/json"]["schema"];
        if let Err(error) = self.check(schema, &body) {
            panic!("{id}, {status}: {error} in {body}");
        }
        if status.is_success() {
            self.seen.insert(id.to_owned());
        } else {
            let code = body["code"].as_str().unwrap();
            let told = response["description"].as_str().unwrap();
            assert!(told.contains(&format!("`{code}`")), "{id}: {code}: {told}");
        }
        (status, body)
    }

    /// Checks `value` against `schema`.
    pub(crate) fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.resolve(reference);
            return self.check(target, value).map_err(|error| {
                let name = reference.rsplit('/').next().unwrap_or_default();
                format!("{name}: {error}")
            });
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let tried: Vec<_> = choices.iter().map(|one| self.check(one, value)).collect();
            return match tried.iter().filter(|result| result.is_ok()).count() {
                1 => Ok(()),
                count => Err(format!("{count} of {tried:?} fit")),
            };
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            return Err(format!("{value} is none of {words:?}"));
        }
        check_type(schema, value)?;
        check_format(schema, value)?;
        match value {
            Value::Array(items) => items
                .iter()
                .try_for_each(|item| self.check(&schema["items"], item)),
            Value::Object(members) if schema["properties"].is_object() => {
                let named = schema["properties"].as_object().unwrap();
                let required = schema["required"].as_array().into_iter().flatten();
                for name in required.filter_map(Value::as_str) {
                    if !members.contains_key(name) {
                        return Err(format!("{name} is missing"));
                    }
                }
                members.iter().try_for_each(|(name, member)| {
                    let schema = named.get(name);
                    let schema = schema.ok_or_else(|| format!("{name} is not described"))?;
                    self.check(schema, member)
                        .map_err(|error| format!("{name}: {error}"))
                })
            }
            _ => Ok(()),
        }
    }

    fn resolve(&self, reference: &str) -> &Value {
        let pointer = reference.strip_prefix('#').unwrap();
        let target = self.json.pointer(pointer);
        target.unwrap_or_else(|| panic!("unresolved reference: {reference}"))
    }
}

fn check_type(schema: &Value, value: &Value) -> Result<(), String> {
    let types = match &schema["type"] {
        // Any JSON.
        Value::Null => return Ok(()),
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let is = |name: &Value| match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type: {other}"),
    };
    if types.iter().any(is) {
        return Ok(());
    }
    Err(format!("{value} is no {types:?}"))
}

fn check_format(schema: &Value, value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else {
        return Ok(());
    };
    let fits = match schema["format"].as_str() {
        Some("date-time") => text.len() == 24 && text.ends_with('Z'),
        Some("uuid") => text.len() == 36 && text.split('-').count() == 5,
        _ => true,
    };
    if fits {
        return Ok(());
    }
    Err(format!("{text} is no {}", schema["format"]))
}
