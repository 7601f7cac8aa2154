//! The tools: functions, and `run_code`.

use std::sync::Arc;

use axum::http::Extensions;
use axum::http::request::Parts;
use faas_core::Platform;
use faas_core::access::{Caller, Permission};
use faas_core::error::{Error, Resource};
use faas_core::model::{
    CallerLabel, FunctionId, FunctionStatus, FunctionSummary, Json, Language, ToolConfig,
};
use faas_core::platform::{CallOptions, Script};
use faas_core::store::FunctionQuery;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ErrorCode, Implementation,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::names::{self, RUN_CODE};
use super::results;
use crate::audit::caller;

/// How many functions are looked through for one page of tools.
const PAGE: usize = 1_000;

const INSTRUCTIONS: &str = "The tools are functions of a serverless platform. Each call is an \
    execution with a result, console lines and a price.";

/// What a model is told about `run_code`, before the types.
const ABOUT_RUN_CODE: &str = "Runs JavaScript or TypeScript once and returns its result. Write the \
    body of an async function with the parameters `input` and `context`: `return` a JSON value. \
    Prefer one run that calls several functions and returns only what is needed. The code has no \
    network and no files. It reaches only the functions of `context`:";

/// See the [module](self).
#[derive(Clone)]
pub(super) struct Tools {
    platform: Platform,
    run_code: Arc<Tool>,
}

impl Tools {
    pub(super) fn new(platform: Platform) -> Self {
        let run_code = Arc::new(run_code(&platform));
        Self { platform, run_code }
    }

    /// The tools among the functions before `cursor`, and where the next ones are.
    async fn list(&self, cursor: Option<FunctionId>) -> Result<ListToolsResult, ErrorData> {
        let query = FunctionQuery {
            before: cursor,
            limit: PAGE,
            code: false,
            ..FunctionQuery::default()
        };
        let page = self.platform.functions().list(&query).await;
        let page = page.map_err(|error| internal(&error))?;
        let mut tools =
            ListToolsResult::with_all_items(page.items.iter().filter_map(tool).collect());
        tools.next_cursor = page.next.map(|next| next.to_string());
        Ok(tools)
    }

    /// The function of a tool.
    async fn function(&self, name: &str) -> Result<FunctionId, Error> {
        let functions = self.platform.functions();
        let id = match names::by_id(name) {
            Some(id) => id,
            None => functions.id_of(name).await?,
        };
        let function = functions.get(id).await?;
        let is_tool = function.config.tool.is_some() && names::of(&function.name, id) == name;
        is_tool
            .then_some(id)
            .ok_or(Error::NotFound(Resource::Function))
    }

    async fn call(
        &self,
        request: CallToolRequestParams,
        asking: &Asking,
    ) -> Result<CallToolResult, ErrorData> {
        let input = Value::Object(request.arguments.unwrap_or_default());
        if request.name == RUN_CODE && asking.may(Permission::Develop) {
            let arguments: RunCode = serde_json::from_value(input)
                .map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
            let script = arguments.script(&self.platform, asking.caller());
            return Ok(match self.platform.run(script).await {
                Ok(execution) => results::of_run(&execution),
                Err(error) => results::refused(&error),
            });
        }
        let function = match self.function(&request.name).await {
            Ok(function) => function,
            Err(Error::NotFound(_)) => return Err(unknown(&request.name)),
            Err(error) => return Ok(results::refused(&error)),
        };
        let mut options = CallOptions::default().cancel_on_drop(true);
        options.caller = asking.caller();
        let called = self.platform.invoke_with(function, input, options).await;
        Ok(match called {
            Ok(execution) => results::of_function(&execution),
            Err(error) => results::refused(&error),
        })
    }
}

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        let name = Implementation::new("s3-for-compute", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(capabilities)
            .with_server_info(name)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let cursor = match request.and_then(|request| request.cursor) {
            None => None,
            Some(text) => Some(text.parse::<FunctionId>().map_err(|_| {
                let text = "invalid cursor: expected the nextCursor of the previous page";
                ErrorData::invalid_params(text, None)
            })?),
        };
        let mut tools = self.list(cursor).await?;
        if cursor.is_none() && Asking::of(&context).may(Permission::Develop) {
            tools.tools.insert(0, Tool::clone(&self.run_code));
        }
        Ok(tools)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let asking = Asking::of(&context);
        tokio::select! {
            result = self.call(request, &asking) => result.map(CallToolResponse::from),
            // Dropping the call cancels its execution.
            () = context.ct.cancelled() => Err(internal(&"the request was cancelled")),
        }
    }
}

/// The extensions of the HTTP request that a message came with.
struct Asking(Option<Extensions>);

impl Asking {
    fn of(context: &RequestContext<RoleServer>) -> Self {
        let parts = context.extensions.get::<Parts>();
        Self(parts.map(|parts| parts.extensions.clone()))
    }

    /// Whether its key has this permission. Without access control, everybody has.
    fn may(&self, permission: Permission) -> bool {
        let caller = self
            .0
            .as_ref()
            .and_then(|extensions| extensions.get::<Caller>());
        match caller {
            Some(Caller::Key(key)) => key.role.allows(permission),
            Some(Caller::Local) | None => true,
        }
    }

    fn caller(&self) -> Option<CallerLabel> {
        self.0.as_ref().and_then(caller)
    }
}

/// The arguments of `run_code`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunCode {
    code: String,
    #[serde(default)]
    input: Option<Value>,
    #[serde(default)]
    language: Option<Language>,
}

impl RunCode {
    fn script(self, platform: &Platform, caller: Option<CallerLabel>) -> Script {
        let mut script = Script::new(self.code).bindings(platform.bindings().open_names());
        script.language = self.language;
        if let Some(input) = self.input {
            script.input = Json::from(input);
        }
        script.caller = caller;
        script
    }
}

fn run_code(platform: &Platform) -> Tool {
    let types = platform.bindings().open_typescript();
    let description = format!("{ABOUT_RUN_CODE}\n\n```ts\n{types}```");
    let schema = json!({
        "type": "object",
        "properties": {
            "code": { "type": "string", "description": "The code." },
            "input": { "description": "What the code gets as `input`: any JSON. Default: {}." },
            "language": {
                "type": "string",
                "enum": ["javascript", "typescript"],
                "description": "The language. Default: what the code turns out to be."
            }
        },
        "required": ["code"],
        "additionalProperties": false
    });
    Tool::new(RUN_CODE, description, Arc::new(object(schema)))
}

/// The tool that a function is, if it is one.
fn tool(function: &FunctionSummary) -> Option<Tool> {
    let config = function.config.tool.as_deref()?;
    if function.status != FunctionStatus::Active {
        return None;
    }
    let name = names::of(&function.name, function.id);
    let description = config
        .description
        .as_deref()
        .unwrap_or(&function.description);
    Some(Tool::new(
        name,
        description.to_owned(),
        Arc::new(schema(config)),
    ))
}

fn schema(config: &ToolConfig) -> Map<String, Value> {
    let schema = config.schema().cloned();
    schema.unwrap_or_else(|| object(json!({ "type": "object" })))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn unknown(name: &str) -> ErrorData {
    let shown: String = name.chars().take(128).collect();
    let text = format!("there is no tool {shown:?}, or this key may not use it");
    ErrorData::new(ErrorCode::INVALID_PARAMS, text, None)
}

fn internal(error: &impl ToString) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}
