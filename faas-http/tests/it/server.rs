//! A real server on a loopback port, and a real client for it.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use faas_core::Platform;
use faas_core::access::{Access, AccessOptions};
use faas_core::bindings::{Binding, HostCall};
use faas_core::platform::NewFunction;
use faas_core::runtime::HostError;
use faas_core::secrets::SecretKey;
use faas_http::{HttpOptions, ServeOptions};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::scripted::Scripted;
use crate::waiting::wait_for;

pub(crate) struct Server {
    pub(crate) platform: Platform,
    pub(crate) address: SocketAddr,
    base: String,
    /// The key that every request has, once it is set.
    pub(crate) key: OnceLock<String>,
    client: reqwest::Client,
}

/// A binding: `stock.count` returns 7, `stock.reserve` fails.
fn stock() -> Binding {
    Binding::new("stock")
        .function("count", async |_: HostCall, _: Value| Ok(7))
        .function("reserve", async |_: HostCall, _: Value| {
            Err::<u32, _>(HostError::new("ERR_SOLD_OUT", "sold out"))
        })
}

/// A platform that runs scripts, retries at once and keeps everything in memory.
pub(crate) async fn platform() -> Platform {
    Platform::builder()
        .runtime(Scripted::default())
        .secret_key(SecretKey::new([1; 32]))
        .bind(stock())
        .options(|options| {
            options.max_instances = 2;
            options.retry_base = Duration::from_millis(1);
        })
        .build()
        .await
        .unwrap()
}

pub(crate) async fn start() -> Server {
    start_with(platform().await, HttpOptions::default()).await
}

/// A server that controls access.
pub(crate) async fn start_guarded(change: impl FnOnce(&mut AccessOptions)) -> (Server, Access) {
    let platform = platform().await;
    let mut guarded = AccessOptions::default();
    change(&mut guarded);
    let access = Access::start(&platform, guarded).await.unwrap();
    let mut options = HttpOptions::default();
    options.access = Some(access.clone());
    (start_with(platform, options).await, access)
}

pub(crate) async fn start_with(platform: Platform, options: HttpOptions) -> Server {
    start_serving(platform, options, Some(ServeOptions::default())).await
}

/// A server with these options; without serve options, `axum::serve` serves the router.
pub(crate) async fn start_serving(
    platform: Platform,
    options: HttpOptions,
    serve: Option<ServeOptions>,
) -> Server {
    let app = faas_http::router_with(platform.clone(), options);
    serve_app(platform, app, serve).await
}

/// A server of this router.
pub(crate) async fn start_app(platform: Platform, app: Router) -> Server {
    serve_app(platform, app, Some(ServeOptions::default())).await
}

async fn serve_app(platform: Platform, app: Router, serve: Option<ServeOptions>) -> Server {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    match serve {
        Some(serve) => {
            tokio::spawn(faas_http::serve(
                listener,
                app,
                serve,
                std::future::pending(),
            ));
        }
        None => {
            tokio::spawn(async move { axum::serve(listener, app).await });
        }
    }
    Server {
        platform,
        address,
        base: format!("http://{address}"),
        key: OnceLock::new(),
        client: reqwest::Client::builder().no_proxy().build().unwrap(),
    }
}

impl Server {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match self.key.get() {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = answer(self.request(Method::GET, path)).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        answer(self.request(method, path).json(&body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, body).await
    }

    /// Uploads a function and returns its id.
    pub(crate) async fn upload(&self, name: &str, code: &str) -> String {
        let new = json!({"name": name, "description": "a script", "code": code});
        let (status, body) = self.post("/api/functions", new).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        text(&body["_id"])
    }

    /// Creates a function without a request, and returns its id.
    pub(crate) async fn create(&self, name: &str, code: &str) -> String {
        let new = NewFunction::new(name, "a script", code);
        let function = self.platform.functions().create(new).await.unwrap();
        function.id.to_string()
    }

    /// Starts an execution and waits for its end.
    pub(crate) async fn execute(&self, function: &str, input: Value) -> Value {
        let path = format!("/api/functions/{function}/execute");
        let (status, body) = self.post(&path, json!({"input": input})).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{body}");
        self.ended(&text(&body["executionId"])).await
    }

    /// The execution once it has ended.
    pub(crate) async fn ended(&self, id: &str) -> Value {
        wait_for(&format!("the end of execution {id}"), async || {
            let execution = self.get(&format!("/api/executions/{id}")).await;
            let has_ended =
                ["completed", "failed"].contains(&execution["status"].as_str().unwrap());
            has_ended.then_some(execution)
        })
        .await
    }

    /// The load test once it has ended.
    pub(crate) async fn tested(&self, id: &str) -> Value {
        wait_for(&format!("the end of load test {id}"), async || {
            let test = self.get(&format!("/api/load-tests/{id}")).await;
            let runs = ["running", "stopping"].contains(&test["status"].as_str().unwrap());
            (!runs).then_some(test)
        })
        .await
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let bytes = response.bytes().await.unwrap();
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|error| panic!("{status}: {error}: {}", String::from_utf8_lossy(&bytes)));
    (status, body)
}

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is not a string"))
        .to_owned()
}

/// The names of an object's members, in order.
pub(crate) fn members(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// Asserts that `value` has all these members.
pub(crate) fn assert_has(value: &Value, names: &[&str]) {
    let there = members(value);
    for name in names {
        assert!(there.contains(name), "{name} is missing from {value}");
    }
}

/// Asserts that `value` is a time in the format of the API.
pub(crate) fn assert_moment(value: &Value) {
    let text = text(value);
    assert!(
        text.len() == 24 && text.ends_with('Z') && text.as_bytes()[19] == b'.',
        "{text}"
    );
}
