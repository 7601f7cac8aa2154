//! The REST API of [`faas_core`] as an axum router that you mount where you like.
//!
//! ```no_run
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! use faas_core::Platform;
//!
//! let platform = Platform::builder().build().await?;
//! let app = axum::Router::new().nest("/faas", faas_http::router(platform.clone()));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! let options = faas_http::ServeOptions::default();
//! faas_http::serve(listener, app, options, platform.stopped()).await;
//! # Ok(())
//! # }
//! ```
//!
//! [`serve()`] limits the memory, time and connections that each client can use. Behind a proxy
//! with such limits, you can serve the router with `axum::serve`.
//!
//! Every error is JSON with a stable `code`; every response has an `X-Request-Id`. With an
//! [`Access`](faas_core::access::Access) in the options, each route requires a key that permits it
//! and checks the origin of the request; without one, you control access in a layer around the
//! router.
//!
//! [`faas_api`] defines the shapes of requests and responses.
//!
//! Read the modules in this order: `options`, `routes` (all routes), `routing` and `guard` (access
//! control), `body`, `extract`, `envelope` and `dates` (reading requests), `answer` and `error`
//! (writing answers), `openapi` (the description of the API), `front` (the layer around all routes),
//! `functions` (requests to functions), `mcp` (tools for models), `serve` (the server below it).

mod answer;
mod audit;
mod body;
mod dates;
mod envelope;
mod error;
mod extract;
mod front;
mod functions;
mod guard;
mod mcp;
mod openapi;
mod options;
mod progress;
mod routes;
mod routing;
mod serve;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method};
use bytes::Bytes;
use faas_core::Platform;
use faas_core::request_id::RequestIds;
use tower::util::option_layer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::cors::{AllowOrigin, CorsLayer};

pub use functions::{functions_by_host, functions_router};
pub use mcp::mcp_router;
pub use options::HttpOptions;
pub use routes::page::front_page;
pub use serve::{ServeOptions, Tls, TlsError, serve};

use body::Bodies;
use front::{FrontLayer, REQUEST_ID};
use progress::MinRate;

/// The state that handlers share.
#[derive(Clone)]
pub(crate) struct Api {
    platform: Platform,
    options: Arc<HttpOptions>,
    /// The request bodies that are being received.
    bodies: Arc<Bodies>,
    /// The OpenAPI document.
    document: Bytes,
}

/// The API with the default [`HttpOptions`].
pub fn router(platform: Platform) -> Router {
    router_with(platform, HttpOptions::default())
}

/// The API. The host serves the root path: see [`front_page`].
pub fn router_with(platform: Platform, options: HttpOptions) -> Router {
    let ids = Arc::new(RequestIds::new());
    let rate = MinRate::new(options.stall_timeout, options.min_rate);
    // The budget always has room for one body of the maximum size.
    let budget = (options.max_body_memory)
        .max(options.max_upload())
        .max(options.max_batch());
    let bodies = Arc::new(Bodies::new(budget, rate));
    let front = FrontLayer::new(ids, bodies.clone());
    let mut invoke = routes::invoke::routes()
        .merge(routes::run::routes())
        .merge(routes::run_sessions::runs());
    let mut others = routes::functions::routes()
        .merge(routes::execute::routes())
        .merge(routes::schedules::routes())
        .merge(routes::executions::routes())
        .merge(routes::metrics::routes())
        .merge(routes::costs::routes())
        .merge(routes::load_tests::routes())
        .merge(routes::samples::routes())
        .merge(routes::types::routes())
        .merge(routes::session::routes())
        .merge(routes::run_sessions::routes())
        .merge(routes::keys::routes())
        .merge(routes::versions::routes())
        .merge(routes::kv::routes())
        .merge(routes::audit::routes())
        .merge(routes::health::routes())
        .merge(routes::prometheus::routes())
        .merge(routes::document::routes());
    let access = options.access.as_ref();
    let router = layered(
        others.router(access).fallback(routes::not_found),
        &options,
        front.limited(options.request_timeout),
    )
    .merge(layered(invoke.router(access), &options, front));
    let described = others.merge(invoke);
    router.with_state(Api {
        platform,
        options: Arc::new(options),
        bodies,
        document: openapi::document(described.paths, described.schemas),
    })
}

/// Adds the layers that every request passes, as one layer, because a router boxes each layer.
fn layered(routes: Router<Api>, options: &HttpOptions, front: FrontLayer) -> Router<Api> {
    /// The minimum size to compress, in bytes: below it, compression costs more than it saves.
    const WORTH_COMPRESSING: u64 = 1024;
    let compression = CompressionLayer::new()
        .gzip(options.compression)
        .compress_when(SizeAbove::new(WORTH_COMPRESSING));
    routes
        .method_not_allowed_fallback(routes::method_not_allowed)
        .layer((
            front,
            compression,
            option_layer(cors(&options.cors_origins)),
        ))
}

/// Allows pages of `origins` to call; `None` when there are none.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let origin = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| {
            let header = HeaderValue::from_str(origin);
            if header.is_err() {
                tracing::warn!(origin, "ignored: not a valid origin");
            }
            header.ok()
        }))
    };
    let request_id = REQUEST_ID.clone();
    let accepted = routes::invoke::accepted_headers();
    let exposed = routes::invoke::exposed_headers();
    Some(
        CorsLayer::new()
            .allow_origin(origin)
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers(
                accepted
                    .into_iter()
                    .chain([AUTHORIZATION, CONTENT_TYPE, request_id.clone()])
                    .collect::<Vec<_>>(),
            )
            .expose_headers(
                exposed
                    .into_iter()
                    .chain([request_id, routes::functions::NEXT_CURSOR.clone()])
                    .chain(routes::kv::exposed_headers())
                    .collect::<Vec<_>>(),
            ),
    )
}
