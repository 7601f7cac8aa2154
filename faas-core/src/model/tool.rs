//! Functions as tools of models (`config.tool`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How a function is offered as a tool to clients of the Model Context Protocol.
///
/// ```
/// use faas_core::model::ToolConfig;
/// use serde_json::json;
///
/// let schema = json!({
///     "type": "object",
///     "properties": { "city": { "type": "string" } },
///     "required": ["city"]
/// });
/// let tool = ToolConfig::new().description("The weather of a city").input_schema(schema)?;
/// assert_eq!(tool.description.as_deref(), Some("The weather of a city"));
/// assert!(ToolConfig::new().input_schema(json!({ "type": "string" })).is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Unchecked")]
#[non_exhaustive]
pub struct ToolConfig {
    /// What it does, for the model; `None`: the description of the function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Arc<str>>,
    /// The JSON schema of its input, of type `object`; `None`: any object.
    #[serde(skip_serializing_if = "Option::is_none")]
    input_schema: Option<Map<String, Value>>,
}

/// A configuration as it is read, before it is checked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unchecked {
    description: Option<Arc<str>>,
    input_schema: Option<Value>,
}

impl TryFrom<Unchecked> for ToolConfig {
    type Error = String;

    fn try_from(read: Unchecked) -> Result<Self, String> {
        let mut tool = Self::new();
        if let Some(description) = read.description {
            let (length, most) = (description.len(), Self::MAX_DESCRIPTION);
            if length > most {
                return Err(format!(
                    "tool.description has {length} bytes: at most {most} are accepted"
                ));
            }
            tool.description = Some(description);
        }
        match read.input_schema {
            Some(schema) => tool.input_schema(schema),
            None => Ok(tool),
        }
    }
}

impl ToolConfig {
    /// The longest description, in bytes.
    pub const MAX_DESCRIPTION: usize = 10_000;
    /// The longest input schema, in bytes of JSON.
    pub const MAX_SCHEMA: usize = 64 << 10;

    /// Creates a tool with the description of its function, whose input is any object.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what it does, for the model.
    #[must_use]
    pub fn description(mut self, description: impl Into<Arc<str>>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the JSON schema of its input.
    ///
    /// # Errors
    /// When it is no schema of type `object`, or too long.
    pub fn input_schema(mut self, schema: Value) -> Result<Self, String> {
        let length = schema.to_string().len();
        let most = Self::MAX_SCHEMA;
        if length > most {
            return Err(format!(
                "tool.inputSchema has {length} bytes: at most {most} are accepted"
            ));
        }
        match schema {
            Value::Object(schema) if schema.get("type").is_some_and(|kind| kind == "object") => {
                self.input_schema = Some(schema);
                Ok(self)
            }
            _ => Err("tool.inputSchema must be a JSON schema with \"type\": \"object\"".to_owned()),
        }
    }

    /// Returns the JSON schema of its input, if one was set.
    pub const fn schema(&self) -> Option<&Map<String, Value>> {
        self.input_schema.as_ref()
    }

    /// Returns its size in bytes, at least.
    pub(crate) fn bytes(&self) -> usize {
        let schema = self.input_schema.as_ref();
        let schema = schema.and_then(|schema| serde_json::to_string(schema).ok());
        let description = self.description.as_ref().map_or(0, |text| text.len());
        description + schema.map_or(0, |schema| schema.len())
    }
}
