//! The OpenAPI schema of functions as tools, whose JSON the model has.

use utoipa::ToSchema;

/// How a function is offered as a tool to models.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) struct ToolConfig {
    /// What it does, for the model. Absent: the description of the function.
    #[schema(nullable = false, max_length = 10_000)]
    description: Option<String>,
    /// The JSON schema of its input, with `"type": "object"`; at most 64 KiB. Absent: any object.
    #[schema(nullable = false, value_type = Option<Object>)]
    input_schema: Option<serde_json::Value>,
}
