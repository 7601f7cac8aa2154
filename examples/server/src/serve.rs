//! Starts, runs and stops the server.
//!
//! The port is bound before the store is opened, so that a second server fails without changing
//! anything. At the first SIGTERM or Ctrl-C the server accepts no new connection and answers the
//! requests in progress; once the queue is empty, or half of the grace period is over, the platform
//! stops. A second Ctrl-C ends the process at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use faas_core::Platform;
use faas_core::access::Access;
use faas_core::clock::{Clock, SystemClock};
use faas_core::platform::PlatformBuilder;
use faas_core::store::Store;
use faas_http::{HttpOptions, Tls};
use faas_ws::{LiveEvents, WsOptions};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tracing::{info, warn};

use crate::address::Address;
use crate::certificate::Certificate;
use crate::cli::Isolation;
use crate::dashboard;
use crate::egress;
use crate::key_notice;
use crate::open_files;
use crate::print;
use crate::runtime::with_runtime;
use crate::settings::Settings;
use crate::store_url::StoreUrl;
use crate::stores::{self, chain};

/// The exit code of a process that a second Ctrl-C ended: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Runs the server until it is told to stop.
///
/// # Errors
/// A one-line message if it cannot start.
pub(crate) async fn serve(settings: Settings) -> Result<(), String> {
    #[cfg(feature = "jemalloc")]
    return_freed_memory();
    survive_file_size_limit()?;
    open_files::raise_limit();
    let stop = stop_signal()?;
    let certificate = settings.network.certificate.as_ref();
    let tls = certificate.map(Certificate::load).transpose()?;
    let listener = bind(&settings.listen).await?;
    let address = listener
        .local_addr()
        .map_err(|error| format!("cannot read the address listened on: {error}"))?;
    let store = stores::open(&settings.store, settings.durability).await?;
    admit_others(&settings, &address, &*store).await?;
    let platform = start(&settings, store).await?;
    let access = Access::start(&platform, settings.access.clone()).await;
    let access = access.map_err(|error| format!("cannot read the API keys: {}", chain(&error)))?;
    let _notices = key_notice::listen(&settings.store, &access);
    let isolation = match settings.isolation {
        Isolation::Process => "process",
        Isolation::Thread => "thread",
    };
    let store = match &settings.store {
        // Shows the name of the database even when the URI has none.
        StoreUrl::Mongo(_) => platform.describe_store(),
        StoreUrl::Memory | StoreUrl::Sqlite(_) => settings.store.to_string(),
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    print(&format!(
        "faas {} listens on {scheme}://{address}, store {store}, isolation {isolation}, {}",
        env!("CARGO_PKG_VERSION"),
        if access.is_required() {
            "key required"
        } else {
            "no keys"
        },
    ))?;
    run(listener, tls, platform, access, &settings, stop).await
}

/// Has a background thread return freed memory to the system. Otherwise jemalloc does so only on
/// threads that allocate. The worker must not have such a thread, because it forks.
#[cfg(feature = "jemalloc")]
fn return_freed_memory() {
    if let Err(error) = tikv_jemalloc_ctl::background_thread::write(true) {
        warn!("freed memory is returned to the system only while the server is busy: {error}");
    }
}

/// Has a write beyond the limit on the size of files (`ulimit -f`) fail, as on a full disk, instead of
/// ending the process.
#[cfg(unix)]
fn survive_file_size_limit() -> Result<(), String> {
    let kind = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    // The signal stays handled once it was asked for.
    match signal(kind) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("cannot handle SIGXFSZ: {error}")),
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
const fn survive_file_size_limit() -> Result<(), String> {
    Ok(())
}

/// The REST API, the functions, their tools, the dashboard, and WebSockets at every path that has no
/// route. The same origins may use all of them.
fn router(platform: &Platform, access: Access, settings: &Settings) -> Router {
    let mut options = HttpOptions::with_max_body(settings.platform.max_input);
    options.max_body_memory = settings.network.max_body_memory;
    options.stall_timeout = settings.network.stall_timeout;
    options.min_rate = settings.network.min_rate;
    options.cors_origins.clone_from(&settings.cors_origins);
    options.request_timeout = settings.request_timeout;
    let mut live = WsOptions::default();
    live.access = Some(access.clone());
    options.access = Some(access);
    let live = LiveEvents::new(platform.clone(), live);
    let functions = faas_http::functions_router(platform.clone(), options.clone());
    let api = faas_http::router_with(platform.clone(), options.clone());
    let mcp = faas_http::mcp_router(platform.clone(), options.clone());
    let api = api.merge(functions).merge(mcp);
    let api = api.merge(live.router_over(dashboard::root()));
    let app = dashboard::over(api, |pages| live.upgrade_or(pages));
    match &settings.functions_domain {
        Some(domain) => faas_http::functions_by_host(app, platform.clone(), options, domain),
        None => app,
    }
}

async fn bind(address: &Address) -> Result<TcpListener, String> {
    TcpListener::bind((address.host.as_str(), address.port))
        .await
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => format!(
                "cannot listen on {address}: the port is in use; choose another one with --listen"
            ),
            _ => format!("cannot listen on {address}: {error}"),
        })
}

/// Refuses to serve other machines while there is no key, unless --insecure-open is set.
async fn admit_others(
    settings: &Settings,
    address: &SocketAddr,
    store: &dyn Store,
) -> Result<(), String> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    let keys = store.keys().await;
    let keys = keys.map_err(|error| format!("cannot read the API keys: {}", chain(&error)))?;
    if !keys.is_empty() {
        return Ok(());
    }
    if settings.insecure_open {
        warn!(
            "there are no API keys: everybody who can reach {address} has full access (--insecure-open)"
        );
        return Ok(());
    }
    Err(format!(
        "{address} can be reached from other machines, and there are no API keys: create one with 'faas key create --name NAME --role admin', or set --insecure-open"
    ))
}

async fn start(settings: &Settings, store: Arc<dyn Store>) -> Result<Platform, String> {
    let builder = Platform::builder()
        .scaling_policy(settings.policy())
        .price_book(settings.prices.clone())
        .options(|options| options.clone_from(&settings.platform));
    let network = egress::broker(&settings.egress)
        .map_err(|error| format!("cannot set up the network of functions: {error}"))?;
    let builder = network.into_iter().fold(builder, PlatformBuilder::network);
    let keys = settings.secret_keys.clone().into_iter();
    let builder = keys.fold(builder, PlatformBuilder::secret_key);
    with_runtime(builder, settings)?
        .shared_store(store)
        .build()
        .await
        .map_err(|error| format!("cannot start: {}", chain(&error)))
}

async fn run(
    listener: TcpListener,
    tls: Option<Tls>,
    platform: Platform,
    access: Access,
    settings: &Settings,
    stop: oneshot::Receiver<()>,
) -> Result<(), String> {
    let (drain, drained) = oneshot::channel::<()>();
    let app = router(&platform, access, settings);
    let mut options = settings.network.serve_options(settings.request_timeout);
    if let (Some(tls), Some(certificate)) = (&tls, &settings.network.certificate) {
        tokio::spawn(certificate.clone().follow(tls.clone()));
    }
    options.tls = tls;
    let mut server = tokio::spawn(faas_http::serve(listener, app, options, async move {
        // A sender that is gone means the same.
        let _ = drained.await;
    }));
    tokio::select! {
        _ = stop => {}
        ended = &mut server => return Err(format!("the server stopped unexpectedly: {ended:?}")),
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

/// Waits until the server has answered all requests (true), or until the queue is empty or `limit`
/// has passed (false).
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
            // No signal can be received.
            std::future::pending::<()>().await;
        }
    }
}
