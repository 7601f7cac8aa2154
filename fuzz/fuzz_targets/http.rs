//! No request is answered with a server error.
//!
//! The input is a line with method and target, then a body. `ID` is replaced by the id of an
//! existing function that returns its input.

#![no_main]

use std::cell::RefCell;
use std::sync::LazyLock;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use faas_core::Platform;
use faas_core::model::{FunctionId, InstanceId, Source};
use faas_core::platform::NewFunction;
use faas_core::runtime::{Call, Instance, Outcome, Program, Runtime, RuntimeStats};
use faas_core::error::{CompileError, RuntimeError};
use libfuzzer_sys::fuzz_target;
use tower::ServiceExt;

/// The number of requests to one platform, which keeps everything that they create.
const REQUESTS: usize = 2_000;

static TOKIO: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
});

struct Target {
    platform: Platform,
    app: Router,
    function: FunctionId,
    left: usize,
}

thread_local! {
    static TARGET: RefCell<Option<Target>> = const { RefCell::new(None) };
}

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n');
    let (line, body) = input.split_at(end.unwrap_or(input.len()));
    let Ok(line) = std::str::from_utf8(line) else {
        return;
    };
    let Some((method, target)) = line.split_once(' ') else {
        return;
    };
    let Ok(method) = method.parse::<Method>() else {
        return;
    };
    TARGET.with_borrow_mut(|kept| {
        TOKIO.block_on(async {
            let state = match kept.take() {
                Some(state) if state.left > 0 => state,
                other => {
                    if let Some(spent) = other {
                        spent.platform.shutdown().await;
                    }
                    start().await
                }
            };
            send(&state, method, target, body.get(1..).unwrap_or_default()).await;
            *kept = Some(Target { left: state.left - 1, ..state });
        });
    });
});

async fn start() -> Target {
    let platform = Platform::builder()
        .runtime(Echo)
        .build()
        .await
        .expect("a platform");
    let new = NewFunction::new("echo", "echoes", "echo");
    let function = platform.functions().create(new).await.expect("a function");
    Target {
        app: faas_http::router(platform.clone()),
        function: function.id,
        platform,
        left: REQUESTS,
    }
}

async fn send(state: &Target, method: Method, target: &str, body: &[u8]) {
    let id = state.function.to_string();
    let body = match std::str::from_utf8(body) {
        Ok(text) => text.replace("ID", &id).into_bytes(),
        Err(_) => body.to_owned(),
    };
    let uri = target.replace("ID", &id);
    let request = Request::builder().method(&method).uri(&uri);
    let Ok(request) = request.body(Body::from(body)) else {
        return;
    };
    let Ok(response) = state.app.clone().oneshot(request).await;
    let status = response.status();
    assert!(status.as_u16() < 500, "{method} {uri}: {status}");
    if status.is_client_error() && method != Method::HEAD {
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        let error: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        assert!(error["error"].is_string() && error["code"].is_string(), "{error}");
    }
}

/// A runtime whose functions return their input.
struct Echo;

impl Runtime for Echo {
    fn describe(&self) -> String {
        "echo".to_owned()
    }

    fn compile(&self, source: &Source) -> Result<Program, CompileError> {
        Ok(Program::new(source.bytes()))
    }

    fn instance(&self, _: &InstanceId) -> Result<Box<dyn Instance>, RuntimeError> {
        Ok(Box::new(Self))
    }

    fn forget(&self, _: FunctionId) {}

    fn stats(&self) -> RuntimeStats {
        RuntimeStats::default()
    }
}

impl Instance for Echo {
    fn run(&mut self, call: &Call<'_>) -> Outcome {
        Outcome {
            result: Ok(call.input.clone()),
            logs: Vec::new(),
            cold_start: false,
        }
    }
}
