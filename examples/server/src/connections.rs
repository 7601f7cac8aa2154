//! Taking connections, and letting them end.
//!
//! As `axum::serve` does it, and with two bounds more. A client has only so long for the head of its
//! request, so that those who send none, or a byte now and then, do not hold connections for ever.
//! And connections take no more than a part of the descriptors that the process may have: the
//! functions' processes and the store need some too. Who comes beyond that waits to be accepted.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use faas_core::clock::{Clock, SystemClock};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// Serves `app` until `drain` resolves; then takes no new connection, answers what has begun, and
/// returns when all of that is done. A connection on which no whole head of a request comes within
/// `head_timeout` is closed, an idle one too.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    head_timeout: Duration,
    drain: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(head_timeout);
    let connections = TaskTracker::new();
    let room = Arc::new(Semaphore::new(most()));
    let stopping = CancellationToken::new();
    tokio::pin!(drain);
    loop {
        let ((stream, client), place) = tokio::select! {
            accepted = accept_within(&listener, &room) => accepted,
            () = &mut drain => break,
        };
        let app = app.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let app = app.clone();
            async move {
                let mut request: Request = request.map(axum::body::Body::new);
                request.extensions_mut().insert(ConnectInfo(client));
                Ok::<_, Infallible>(
                    app.oneshot(request)
                        .await
                        .unwrap_or_else(|never| match never {}),
                )
            }
        });
        let connection = http
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let stopping = stopping.clone();
        connections.spawn(async move {
            let _place = place;
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = &mut connection => ended,
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }
    drop(listener);
    stopping.cancel();
    connections.close();
    connections.wait().await;
}

/// How many connections there may be: a third of the descriptors that the process may have.
fn most() -> usize {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        let open = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        usize::try_from(open / 3).map_or(Semaphore::MAX_PERMITS, |n| {
            n.clamp(1, Semaphore::MAX_PERMITS)
        })
    }
    #[cfg(not(unix))]
    Semaphore::MAX_PERMITS
}

/// The next connection, once there is room for one.
async fn accept_within(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> ((TcpStream, SocketAddr), Option<OwnedSemaphorePermit>) {
    // It is never closed.
    let place = room.clone().acquire_owned().await.ok();
    (accept(listener).await, place)
}

/// The next connection. Where there are too many files open, waits until some are closed.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    const PAUSE: Duration = Duration::from_secs(1);
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The client has gone again.
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot take a connection");
                SystemClock::new().sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
