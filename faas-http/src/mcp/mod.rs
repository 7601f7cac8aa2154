//! The Model Context Protocol, over streamable HTTP: `/mcp`.
//!
//! Functions with a `config.tool` are tools, and `run_code` runs what a model writes. `rmcp` has the
//! protocol; [`tools`] lists and calls the tools, [`names`] has their names, [`results`] what a call
//! answers.

mod names;
mod results;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderName};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use faas_core::Platform;
use faas_core::access::Permission::Invoke;
use faas_core::request_id::RequestIds;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use tower::util::option_layer;

use crate::body::{self, Bodies};
use crate::error::ApiError;
use crate::front::FrontLayer;
use crate::guard::GuardLayer;
use crate::progress::MinRate;
use crate::{HttpOptions, cors};
use tools::Tools;

/// The most sessions of clients of older protocol versions. A newer one has none.
const MAX_SESSIONS: usize = 1_000;
/// How long a session may be idle.
const IDLE: Duration = Duration::from_secs(300);

static SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

#[derive(Clone)]
struct Mcp {
    service: StreamableHttpService<Tools, LocalSessionManager>,
    sessions: Arc<LocalSessionManager>,
    options: Arc<HttpOptions>,
}

/// A server of the Model Context Protocol at `/mcp`, over streamable HTTP. Merge it into your router,
/// beside [`router_with`](crate::router_with) with the same options.
///
/// The active functions whose `config.tool` is set are its tools. Whoever may upload functions also
/// gets `run_code`, which runs code that a model wrote with [`Platform::run`]; its description
/// declares the host functions that are not restricted in TypeScript. Each call is an execution. A
/// request that the client cancels cancels its execution.
///
/// There are at most 1,000 sessions at a time; one that is idle for 5 minutes ends.
///
/// ```no_run
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// use faas_core::Platform;
/// use faas_core::model::ToolConfig;
/// use faas_core::platform::NewFunction;
/// use faas_http::HttpOptions;
///
/// let platform = Platform::builder().build().await?;
/// let greet = NewFunction::new("greet", "Greets somebody", "return 'Hello ' + input.name")
///     .tool(ToolConfig::new());
/// platform.functions().upsert(greet).await?;
/// let app = faas_http::mcp_router(platform, HttpOptions::default());
/// # Ok(())
/// # }
/// ```
pub fn mcp_router(platform: Platform, options: HttpOptions) -> Router {
    let mut sessions = LocalSessionManager::default();
    sessions.session_config.keep_alive = Some(IDLE);
    let sessions = Arc::new(sessions);
    // The guard checks hosts and origins.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_max_request_body_bytes(options.max_upload());
    let stop = config.cancellation_token.clone();
    let stopped = platform.stopped();
    tokio::spawn(async move {
        stopped.await;
        stop.cancel();
    });
    let tools = Tools::new(platform);
    let service = StreamableHttpService::new(move || Ok(tools.clone()), sessions.clone(), config);
    let rate = MinRate::new(options.stall_timeout, options.min_rate);
    let bodies = Bodies::new(options.max_body_memory.max(options.max_upload()), rate);
    let front = FrontLayer::new(Arc::new(RequestIds::new()), Arc::new(bodies));
    let guard = options
        .access
        .clone()
        .map(|access| GuardLayer::new(access, Invoke));
    let cors = option_layer(cors(&options.cors_origins));
    let mcp = Mcp {
        service,
        sessions,
        options: Arc::new(options),
    };
    Router::new()
        .route("/mcp", any(serve).layer(option_layer(guard)))
        .layer((front, cors))
        .with_state(mcp)
}

async fn serve(State(mcp): State<Mcp>, request: Request) -> Response {
    match mcp.answer(request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

impl Mcp {
    async fn answer(&self, request: Request) -> Result<Response, ApiError> {
        let request = if request.method() == Method::POST {
            let (mut parts, stream) = request.into_parts();
            let read = body::read(&parts.headers, stream, self.options.max_upload());
            let read = tokio::time::timeout(self.options.request_timeout, read).await;
            let bytes = read.map_err(|_elapsed| ApiError::body_too_slow())??;
            // The body is decoded.
            parts.headers.remove(CONTENT_ENCODING);
            parts.headers.remove(CONTENT_LENGTH);
            if !parts.headers.contains_key(&SESSION_ID) && is_initialize(&bytes) {
                self.check_sessions().await?;
            }
            Request::from_parts(parts, Body::from(bytes))
        } else {
            request
        };
        let response = self.service.handle(request).await;
        Ok(response.map(Body::new))
    }

    /// Checks whether there may be another session.
    async fn check_sessions(&self) -> Result<(), ApiError> {
        if self.sessions.sessions.read().await.len() >= MAX_SESSIONS {
            return Err(ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                format!("there are {MAX_SESSIONS} sessions already: try again later"),
            ));
        }
        Ok(())
    }
}

/// Whether a message begins a session.
fn is_initialize(message: &Bytes) -> bool {
    #[derive(Deserialize)]
    struct Head<'a> {
        method: Option<std::borrow::Cow<'a, str>>,
    }
    let head = serde_json::from_slice::<Head<'_>>(message);
    head.is_ok_and(|head| head.method.as_deref() == Some("initialize"))
}
