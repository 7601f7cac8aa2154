//! Start, run, stop.
//!
//! The port is taken before the store is opened, so that a second server fails without touching
//! anything. At the first SIGTERM or Ctrl-C the server takes no new connection and answers what it
//! has begun; once nothing waits in the queue, or half of the grace is over, the platform itself
//! stops. A second Ctrl-C ends the process at once.

use std::path::Path;
use std::time::Duration;

use axum::Router;
use faas_core::Platform;
use faas_core::clock::{Clock, SystemClock};
use faas_core::platform::PlatformBuilder;
use faas_core::store::StoreError;
use faas_http::HttpOptions;
use faas_store_mongo::MongoStore;
use faas_store_sqlite::SqliteStore;
use faas_ws::{LiveEvents, WsOptions};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing::{info, warn};

use crate::address::Address;
use crate::cli::{Durability, Isolation};
use crate::connections;
use crate::dashboard;
use crate::mongo_uri::MongoUri;
use crate::print;
use crate::settings::Settings;
use crate::store_url::StoreUrl;

/// The exit code of a process that a second Ctrl-C ended: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Runs the server until it is told to stop.
///
/// # Errors
/// One line for people when it cannot start.
pub(crate) async fn serve(settings: Settings) -> Result<(), String> {
    give_memory_back();
    let stop = stop_signal()?;
    let listener = bind(&settings.listen).await?;
    let address = listener
        .local_addr()
        .map_err(|error| format!("cannot read the address listened on: {error}"))?;
    let platform = start(&settings).await?;
    for warning in &settings.warnings {
        warn!("{warning}");
    }
    let Isolation::Thread = settings.isolation;
    let store = match &settings.store {
        // With the name that the database has where the URI gives none.
        StoreUrl::Mongo(_) => platform.describe_store(),
        StoreUrl::Memory | StoreUrl::Sqlite(_) => settings.store.to_string(),
    };
    print(&format!(
        "faas {} listens on http://{address}, store {store}, isolation thread",
        env!("CARGO_PKG_VERSION"),
    ))?;
    run(listener, platform, &settings, stop).await
}

/// Has memory that was freed go back to the system after some seconds. Without a thread of its own
/// the allocator does so only where it is used again, and what hundreds of isolates have held can
/// stay with threads that rest. This is set at run time, since a process that forks wants no such
/// thread.
fn give_memory_back() {
    if let Err(error) = tikv_jemalloc_ctl::background_thread::write(true) {
        warn!("memory that was freed may be kept: {error}");
    }
}

/// The REST API, the WebSocket, and the dashboard. Pages of the same origins may use either.
fn router(platform: &Platform, settings: &Settings) -> Router {
    let mut options = HttpOptions::default();
    options.max_body = settings.platform.max_input;
    options.cors_origins.clone_from(&settings.cors_origins);
    options.request_timeout = settings.request_timeout;
    let mut live = WsOptions::default();
    live.origins = Some(settings.cors_origins.clone());
    let live = LiveEvents::new(platform.clone(), live);
    let api = faas_http::router_with(platform.clone(), options);
    dashboard::over(api.merge(live.router_over(dashboard::root())))
}

async fn bind(address: &Address) -> Result<TcpListener, String> {
    TcpListener::bind((address.host.as_str(), address.port))
        .await
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "cannot listen on {address}: another program does; choose another port with --listen"
            ),
            _ => format!("cannot listen on {address}: {error}"),
        })
}

async fn start(settings: &Settings) -> Result<Platform, String> {
    let builder = Platform::builder()
        .scaling_policy(settings.policy())
        .price_book(settings.prices.clone())
        .options(|options| options.clone_from(&settings.platform));
    with_store(builder, settings)
        .await?
        .build()
        .await
        .map_err(|error| format!("cannot start: {}", chain(&error)))
}

async fn with_store(
    builder: PlatformBuilder,
    settings: &Settings,
) -> Result<PlatformBuilder, String> {
    match &settings.store {
        StoreUrl::Memory => Ok(builder),
        StoreUrl::Sqlite(path) => Ok(builder.store(open_sqlite(path, settings).await?)),
        StoreUrl::Mongo(uri) => Ok(builder.store(open_mongo(uri, settings).await?)),
    }
}

async fn open_sqlite(path: &Path, settings: &Settings) -> Result<SqliteStore, String> {
    make_folder_of(path)?;
    let durability = match settings.durability {
        Durability::Commit => faas_store_sqlite::Durability::Commit,
        Durability::Full => faas_store_sqlite::Durability::Full,
    };
    SqliteStore::options()
        .durability(durability)
        .open(path)
        .await
        .map_err(|error| format!("cannot open {}: {}", settings.store, chain(&error)))
}

async fn open_mongo(uri: &MongoUri, settings: &Settings) -> Result<MongoStore, String> {
    let uri = match settings.durability {
        Durability::Commit => uri.clone(),
        Durability::Full => uri.journaled(),
    };
    let opened = MongoStore::open(uri.expose()).await;
    opened.map_err(|error| match error {
        // It names the database.
        StoreError::Unavailable(cause) => {
            format!("{cause}. Is the server running, and are its host and port right?")
        }
        error => format!("cannot open {}: {}", settings.store, chain(&error)),
    })
}

fn make_folder_of(path: &Path) -> Result<(), String> {
    let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make the data folder {}: {error}", folder.display()))
}

/// An error and what caused it, where that adds something.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

async fn run(
    listener: TcpListener,
    platform: Platform,
    settings: &Settings,
    stop: oneshot::Receiver<()>,
) -> Result<(), String> {
    let (drain, drained) = oneshot::channel::<()>();
    let app = router(&platform, settings);
    let mut server = tokio::spawn(connections::serve(
        listener,
        app,
        settings.request_timeout,
        async move {
            // A sender that is gone means the same.
            let _ = drained.await;
        },
    ));
    tokio::select! {
        _ = stop => {}
        ended = &mut server => return Err(format!("the server ended by itself: {ended:?}")),
    }
    let grace = settings.platform.shutdown_grace;
    info!(?grace, "stopping");
    let _ = drain.send(());
    if answered_or_idle(&mut server, &platform, grace / 2).await {
        platform.shutdown().await;
    } else {
        let answered = tokio::time::timeout(grace, &mut server);
        let ((), answered) = tokio::join!(platform.shutdown(), answered);
        if answered.is_err() {
            warn!("some connections were closed before they were answered");
        }
    }
    info!("stopped");
    Ok(())
}

/// Waits until the server has answered everything (true), or nothing waits for an instance any
/// more, or `limit` is over (false).
async fn answered_or_idle<T>(
    server: &mut tokio::task::JoinHandle<T>,
    platform: &Platform,
    limit: Duration,
) -> bool {
    const LOOK: Duration = Duration::from_millis(20);
    let clock = SystemClock::new();
    while clock.monotonic() < limit {
        tokio::select! {
            _ = &mut *server => return true,
            () = clock.sleep(LOOK) => {}
        }
        if platform.counters().queued == 0 {
            return false;
        }
    }
    false
}

/// Fires at the first SIGTERM or Ctrl-C; a second Ctrl-C ends the process.
fn stop_signal() -> Result<oneshot::Receiver<()>, String> {
    let mut signals = Signals::new().map_err(|e| format!("cannot listen for signals: {e}"))?;
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(async move {
        signals.any().await;
        let _ = stop.send(());
        signals.interrupt().await;
        std::process::exit(INTERRUPTED);
    });
    Ok(stopped)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    async fn interrupt(&mut self) {
        self.interrupt.recv().await;
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn any(&mut self) {
        self.interrupt().await;
    }

    async fn interrupt(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // No signal will ever come.
            std::future::pending::<()>().await;
        }
    }
}
