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
//! // WebSockets at `/`, `/ws` and `/ws/`; other requests to `/` get a page.
//! let app = live.router_over(get(|| async { "the page" }));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, app)
//!     .with_graceful_shutdown(platform.stopped())
//!     .await?;
//! // axum does not wait for WebSockets.
//! live.closed().await;
//! # Ok(())
//! # }
//! ```
//!
//! A client receives every event from the moment it connects, or those that it selects with a
//! `subscribe` message. Each event is encoded once for all clients. What is buffered for slow clients
//! is bounded in bytes ([`WsOptions::max_buffered`]); a client that falls behind receives a `gap`
//! with the range of events that it missed, and one that does not read is disconnected. A slow client
//! never delays an execution or another client.
//!
//! Read the modules in this order: `options`, `connection` (one connection from start to end),
//! `request` (messages from clients), `wire` (messages to clients), `outbox` (messages that wait to
//! be sent), `authorized_client` (which clients are let in), `handshake`, `upgrade`.

mod authorized_client;
mod connection;
mod handshake;
mod options;
mod outbox;
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

use outbox::SendBudget;

/// WebSockets at `/`, `/ws` and `/ws/` with the default [`WsOptions`]. Other requests there are
/// answered with 426.
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
    /// What may be buffered for all of them.
    budget: SendBudget,
    /// The open connections.
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
                budget: SendBudget::new(options.max_buffered),
                options,
                permits,
                connections,
                ids: RequestIds::new(),
            }),
        }
    }

    /// WebSockets at `/`, `/ws` and `/ws/`. Other requests there are answered with 426.
    pub fn router(&self) -> Router {
        self.router_over(self.none())
    }

    /// WebSockets at `/`, `/ws` and `/ws/`. Other requests to `/` go to `page`.
    pub fn router_over(&self, page: MethodRouter) -> Router {
        Router::new()
            .route("/ws", self.upgrade_or(self.none()))
            .route("/ws/", self.upgrade_or(self.none()))
            .route("/", self.upgrade_or(page))
    }

    /// WebSockets wherever you route this; requests that do not ask for one go to `otherwise`. As the
    /// fallback of a router it accepts upgrades at every path that has no route. Mount that router
    /// with `nest_service`: `nest` does not match the mount path with a slash at its end.
    pub fn upgrade_or(&self, otherwise: MethodRouter) -> MethodRouter {
        let live = self.clone();
        any(move |request: Request| {
            let (live, otherwise) = (live.clone(), otherwise.clone());
            async move {
                if handshake::is_wanted(request.headers()) {
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

    /// Answers requests that do not ask for a WebSocket.
    fn none(&self) -> MethodRouter {
        let live = self.clone();
        any(async move |request: Request| live.upgrade_required(&request))
    }

    /// The bytes of events that wait to be sent, over all connections: at most
    /// [`WsOptions::max_buffered`].
    pub fn buffered(&self) -> usize {
        self.shared.budget.in_use()
    }

    /// How many clients are connected.
    pub fn connections(&self) -> usize {
        self.shared.connections.len()
    }

    /// Resolves when no client is connected. Once the platform shuts down, this takes at most the
    /// write timeout.
    pub async fn closed(&self) {
        self.shared.connections.wait().await;
    }
}
