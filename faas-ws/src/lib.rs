//! The live events of [`faas_core`] over a WebSocket, as an axum router that a host mounts where it
//! likes.
//!
//! ```no_run
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! use axum::routing::get;
//! use faas_core::Platform;
//! use faas_ws::{LiveEvents, WsOptions};
//!
//! let platform = Platform::builder().build().await?;
//! let live = LiveEvents::new(platform.clone(), WsOptions::default());
//! // Sockets at `/` and `/ws`; whoever comes to `/` without one gets a page.
//! let app = live.router_over(get(|| async { "the page" }));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, app)
//!     .with_graceful_shutdown(platform.stopped())
//!     .await?;
//! // axum does not wait for sockets.
//! live.closed().await;
//! # Ok(())
//! # }
//! ```
//!
//! A client gets everything from the moment it connects, or what it asks for with a `subscribe`
//! message. Each event is encoded once for all clients. A client that is slow costs what it is just
//! being sent, and is told by a `gap` what it missed; it never holds anybody up.
//!
//! Read the modules in this order: `options`, `connection` (the life of one socket), `request`
//! (what clients say), `wire` (what they are told), `client` (who is let in), `upgrade`.

mod authorized_client;
mod connection;
mod options;
mod request;
mod upgrade;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::routing::{MethodRouter, any};
use faas_core::Platform;
use faas_core::request_id::RequestIds;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

pub use options::WsOptions;

/// Sockets at `/` and `/ws` with the default [`WsOptions`]. A request at `/` that wants no socket is
/// answered 426.
pub fn router(platform: Platform) -> Router {
    LiveEvents::new(platform, WsOptions::default()).router()
}

/// Serves live events. Clones share the connections and their limit.
#[derive(Clone)]
pub struct LiveEvents {
    shared: Arc<Shared>,
}

struct Shared {
    platform: Platform,
    options: WsOptions,
    /// One permit for each connection that there may be.
    permits: Arc<Semaphore>,
    /// The connections there are.
    connections: TaskTracker,
    ids: RequestIds,
}

impl LiveEvents {
    /// Live events of `platform`. Nothing runs until a client connects.
    pub fn new(platform: Platform, options: WsOptions) -> Self {
        let permits = Arc::new(Semaphore::new(
            options.max_connections.min(Semaphore::MAX_PERMITS),
        ));
        let connections = TaskTracker::new();
        // Closed from the start: it is waited for, and never refuses a task.
        connections.close();
        Self {
            shared: Arc::new(Shared {
                platform,
                options,
                permits,
                connections,
                ids: RequestIds::new(),
            }),
        }
    }

    /// Sockets at `/` and `/ws`. A request at `/` that wants no socket is answered 426.
    pub fn router(&self) -> Router {
        self.router_over(self.none())
    }

    /// Sockets at `/` and `/ws`. A request at `/` that wants no socket goes to `page`.
    pub fn router_over(&self, page: MethodRouter) -> Router {
        Router::new()
            .route("/ws", self.upgrade_or(self.none()))
            .route("/", self.upgrade_or(page))
    }

    /// Sockets wherever the host routes this; a request that wants none goes to `otherwise`.
    pub fn upgrade_or(&self, otherwise: MethodRouter) -> MethodRouter {
        let live = self.clone();
        any(move |request: Request| {
            let (live, otherwise) = (live.clone(), otherwise.clone());
            async move {
                if upgrade::is_wanted(request.headers()) {
                    live.upgrade(request).await
                } else {
                    match otherwise.oneshot(request).await {
                        Ok(response) => response,
                        Err(never) => match never {},
                    }
                }
            }
        })
    }

    /// Says to whoever wants no socket that there is nothing else.
    fn none(&self) -> MethodRouter {
        let live = self.clone();
        any(async move |request: Request| live.upgrade_required(&request))
    }

    /// How many clients are connected.
    pub fn connections(&self) -> usize {
        self.shared.connections.len()
    }

    /// Resolves when no client is connected any more: after the platform was told to shut down,
    /// within the write timeout.
    pub async fn closed(&self) {
        self.shared.connections.wait().await;
    }
}
