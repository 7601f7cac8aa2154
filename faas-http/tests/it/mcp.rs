//! The Model Context Protocol.

use std::time::Duration;

use faas_core::access::{Access, AccessOptions, NewKey};
use faas_core::model::{Actor, FailureKind, Role};
use faas_core::store::ExecutionQuery;
use faas_http::HttpOptions;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, answer, platform, start_app};

const VERSION: &str = "2025-06-18";

/// A client of the protocol.
struct Client {
    server: Server,
    key: Option<String>,
    session: String,
}

impl Client {
    /// Starts a server without access control and initializes a session.
    async fn start() -> Self {
        let platform = platform().await;
        let router = faas_http::mcp_router(platform.clone(), HttpOptions::default()).merge(
            faas_http::router_with(platform.clone(), HttpOptions::default()),
        );
        Self::of(start_app(platform, router).await, None).await
    }

    async fn of(server: Server, key: Option<String>) -> Self {
        let mut client = Self {
            server,
            key,
            session: String::new(),
        };
        let response = client.post(&initialize()).await;
        assert_eq!(response.status(), StatusCode::OK);
        let session = response.headers()["mcp-session-id"].to_str().unwrap();
        client.session = session.to_owned();
        let answer = message(response).await;
        assert_eq!(answer["result"]["serverInfo"]["name"], "s3-for-compute");
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(client.post(&ready).await.status(), StatusCode::ACCEPTED);
        client
    }

    async fn post(&self, message: &Value) -> Response {
        let mut request = self.server.request(Method::POST, "/mcp");
        request = request.header("accept", "application/json, text/event-stream");
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if !self.session.is_empty() {
            request = request.header("mcp-session-id", &self.session);
            request = request.header("mcp-protocol-version", VERSION);
        }
        request.json(message).send().await.unwrap()
    }

    async fn ask(&self, id: u32, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let answer = message(self.post(&request).await).await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    async fn tools(&self) -> Vec<Value> {
        let answer = self.ask(2, "tools/list", json!({})).await;
        answer["result"]["tools"].as_array().unwrap().clone()
    }

    async fn call(&self, name: &str, arguments: Value) -> Value {
        let params = json!({ "name": name, "arguments": arguments });
        self.ask(3, "tools/call", params).await["result"].clone()
    }

    /// Uploads a function that is a tool.
    async fn upload(&self, name: &str, code: &str, tool: Value) -> String {
        let new = json!({ "name": name, "description": "does it", "code": code,
            "config": { "tool": tool } });
        let (status, function) = self.server.post("/api/functions", new).await;
        assert_eq!(status, StatusCode::CREATED, "{function}");
        function["_id"].as_str().unwrap().to_owned()
    }
}

fn initialize() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": VERSION, "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" } } })
}

/// The message in an answer, which is JSON or an event stream.
async fn message(response: Response) -> Value {
    let text = response.text().await.unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let found = data
        .filter_map(|data| serde_json::from_str(data).ok())
        .next_back();
    found.unwrap_or_else(|| serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}")))
}

#[tokio::test]
async fn functions_that_are_tools_are_listed_with_their_schemas() {
    let client = Client::start().await;
    let schema = json!({ "type": "object", "properties": { "n": { "type": "number" } } });
    let own = json!({ "description": "a tool", "inputSchema": schema });
    client.upload("echo", "echo", own).await;
    client.upload("grüße", "echo", json!({})).await;
    client.server.create("hidden", "echo").await;
    let off = client.upload("off", "echo", json!({})).await;
    let path = format!("/api/functions/{off}");
    let change = client.server.request(Method::PUT, &path);
    answer(change.json(&json!({ "status": "inactive" }))).await;
    let tools = client.tools().await;
    let names: Vec<_> = tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        (names[0], names[2], names.len()),
        ("run_code", "echo", 3),
        "{names:?}"
    );
    assert!(names[1].starts_with("gr__e--"), "{names:?}");
    assert_eq!(tools[2]["description"], "a tool");
    assert_eq!(tools[2]["inputSchema"], schema);
    assert_eq!(tools[1]["description"], "does it");
    assert_eq!(tools[1]["inputSchema"], json!({ "type": "object" }));
    let types = tools[0]["description"].as_str().unwrap();
    assert!(
        types.contains("count(") && types.contains("namespace stock"),
        "{types}"
    );
    let result = client.call(names[1], json!({ "a": 1 })).await;
    assert_eq!(result["structuredContent"], json!({ "a": 1 }));
}

#[tokio::test]
async fn a_call_answers_with_structured_content_and_text_and_is_an_execution() {
    let client = Client::start().await;
    client.upload("echo", "echo", json!({})).await;
    client.upload("zeros", "zeros 2", json!({})).await;
    let result = client.call("echo", json!({ "a": [1] })).await;
    assert_eq!(result["structuredContent"], json!({ "a": [1] }));
    assert_eq!(result["content"][0]["text"], r#"{"a":[1]}"#);
    assert_eq!(result["isError"], false);
    let id = result["_meta"]["faas/executionId"].as_str().unwrap();
    let stored = client.server.get(&format!("/api/executions/{id}")).await;
    assert_eq!(stored["status"], "completed");
    let result = client.call("zeros", json!({})).await;
    assert_eq!(result["structuredContent"], json!({ "result": [0, 0] }));
}

#[tokio::test]
async fn a_failure_of_a_function_is_an_error_of_its_tool() {
    let client = Client::start().await;
    client.upload("thrower", "throw", json!({})).await;
    let result = client.call("thrower", json!({})).await;
    assert_eq!(result["isError"], true);
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("as the script says") && text.contains("at line 3"),
        "{text}"
    );
    for unknown in ["missing", "hidden", "run-code"] {
        client.server.create(unknown, "echo").await;
        let params = json!({ "name": unknown, "arguments": {} });
        let answer = client.ask(4, "tools/call", params).await;
        assert!(
            answer["error"]["message"]
                .as_str()
                .unwrap()
                .contains("no tool"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn run_code_runs_code_with_the_functions_of_the_host() {
    let client = Client::start().await;
    let result = client
        .call("run_code", json!({ "code": "host count" }))
        .await;
    assert_eq!(
        result["structuredContent"],
        json!({ "result": 7, "logs": [] })
    );
    let result = client.call("run_code", json!({ "code": "log" })).await;
    assert_eq!(result["structuredContent"]["logs"], json!(["a line"]));
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("[warn] a line"), "{text}");
    let result = client.call("run_code", json!({ "code": "throw" })).await;
    assert_eq!(result["isError"], true);
    let params = json!({ "name": "run_code", "arguments": { "codes": "log" } });
    let answer = client.ask(4, "tools/call", params).await;
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("codes"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_request_that_is_cancelled_cancels_its_execution() {
    let client = Client::start().await;
    let wait = client.upload("wait", "wait", json!({})).await;
    let request = json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/call",
        "params": { "name": "wait", "arguments": {} } });
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": { "requestId": 9, "reason": "test" } });
    let calling = client.post(&request);
    let cancelling = async {
        let running = async {
            while client.server.platform.counters().running == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), running)
            .await
            .unwrap();
        assert_eq!(client.post(&cancel).await.status(), StatusCode::ACCEPTED);
        let ended = async {
            loop {
                let listed = client.server.platform.executions();
                let listed = listed.list(&ExecutionQuery::default()).await.unwrap();
                if let Some(ended) = listed.first().filter(|one| one.status.is_terminal()) {
                    break ended.failure.as_ref().map(|failure| failure.kind);
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ended)
            .await
            .unwrap()
    };
    let (_, kind) = tokio::join!(calling, cancelling);
    assert_eq!(kind, Some(FailureKind::Cancelled), "{wait}");
}

#[tokio::test]
async fn keys_decide_about_tools_as_about_routes() {
    let platform = platform().await;
    let access = Access::start(&platform, AccessOptions::default())
        .await
        .unwrap();
    let mut options = HttpOptions::default();
    options.access = Some(access.clone());
    let mut keys = Vec::new();
    for role in [Role::Reader, Role::Invoker, Role::Developer] {
        let new = NewKey::new(role.as_str(), role);
        let (_, key) = access.keys().create(new, &Actor::Local).await.unwrap();
        keys.push(key.expose().to_owned());
    }
    access.refresh().await.unwrap();
    let app = || faas_http::mcp_router(platform.clone(), options.clone());
    let server = start_app(platform.clone(), app()).await;
    for (key, status, code) in [
        (None, StatusCode::UNAUTHORIZED, "key_required"),
        (Some(&keys[0]), StatusCode::FORBIDDEN, "role_insufficient"),
    ] {
        let mut request = server.request(Method::POST, "/mcp").json(&initialize());
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        let (found, body) = answer(request).await;
        assert_eq!((found, &body["code"]), (status, &json!(code)), "{body}");
    }
    for (key, expected) in [(&keys[1], false), (&keys[2], true)] {
        let server = start_app(platform.clone(), app()).await;
        let client = Client::of(server, Some(key.clone())).await;
        let tools = client.tools().await;
        assert_eq!(
            tools.iter().any(|tool| tool["name"] == "run_code"),
            expected
        );
        let params = json!({ "name": "run_code", "arguments": { "code": "echo" } });
        let answer = client.ask(5, "tools/call", params).await;
        assert_eq!(answer.get("result").is_some(), expected, "{answer}");
    }
}
