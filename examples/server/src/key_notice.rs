//! Tells a running server at once that keys have changed, so that a change by `faas key` is in force
//! when the command returns.
//!
//! A server on an SQLite file listens on a Unix socket beside it. The command connects after its
//! change is committed; the server reads the keys and answers. Where there is no such socket (MongoDB
//! with servers on other machines, Windows, a path that is too long), servers notice by themselves:
//! they read the keys every half second, and the command waits a second.

use std::path::Path;
#[cfg(unix)]
use std::path::PathBuf;
use std::time::Duration;

use faas_core::access::Access;
use faas_core::clock::{Clock, SystemClock};

use crate::store_url::StoreUrl;

/// Within this time a server notices a change by itself.
const NOTICED_WITHIN: Duration = Duration::from_secs(1);
/// How long a command waits for the answer of a server.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(10);
#[cfg(unix)]
const DONE: &[u8] = b"done";

/// Listens for commands until it is dropped.
#[cfg(unix)]
pub(crate) struct Notices {
    path: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

#[cfg(unix)]
impl Drop for Notices {
    fn drop(&mut self) {
        self.task.abort();
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "cannot remove {}", self.path.display());
        }
    }
}

/// The socket beside a database.
#[cfg(unix)]
fn socket_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-keys.sock");
    PathBuf::from(name)
}

/// Listens for commands that change the keys of `store`; `None` where commands wait instead.
#[cfg(unix)]
pub(crate) fn listen(store: &StoreUrl, access: &Access) -> Option<Notices> {
    let StoreUrl::Sqlite(database) = store else {
        return None;
    };
    let path = socket_of(database);
    // One of a server that crashed. No other server can be running: it would hold the database.
    let _ = std::fs::remove_file(&path);
    let listener = match tokio::net::UnixListener::bind(&path) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(
                %error,
                "cannot listen on {}: keys changed by 'faas key' are in force after a second",
                path.display()
            );
            return None;
        }
    };
    let access = access.clone();
    let task = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => confirm(stream, &access).await,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a command that changed keys");
                    SystemClock::new().sleep(NOTICED_WITHIN).await;
                }
            }
        }
    });
    Some(Notices { path, task })
}

#[cfg(not(unix))]
pub(crate) fn listen(_: &StoreUrl, _: &Access) -> Option<std::convert::Infallible> {
    None
}

/// Reads the keys, and answers once they are in force.
#[cfg(unix)]
async fn confirm(stream: tokio::net::UnixStream, access: &Access) {
    match access.refresh().await {
        // What does not fit into the socket's buffer at once is not waited for.
        Ok(()) => match stream.try_write(DONE) {
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "a command has gone"),
        },
        Err(error) => tracing::warn!(%error, "cannot read the changed keys"),
    }
}

/// Returns once the servers on `store` know the keys as they are now.
///
/// # Errors
/// When a server is running and does not confirm it.
pub(crate) async fn announce(store: &StoreUrl) -> Result<(), String> {
    match store {
        StoreUrl::Sqlite(database) => announce_beside(database).await,
        StoreUrl::Mongo(_) => {
            SystemClock::new().sleep(NOTICED_WITHIN).await;
            Ok(())
        }
        StoreUrl::Memory => Ok(()),
    }
}

#[cfg(unix)]
async fn announce_beside(database: &Path) -> Result<(), String> {
    use std::io::ErrorKind;

    use tokio::io::AsyncReadExt as _;

    let stream = match tokio::net::UnixStream::connect(socket_of(database)).await {
        Ok(stream) => stream,
        // No server is running.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(());
        }
        Err(_) => {
            SystemClock::new().sleep(NOTICED_WITHIN).await;
            return Ok(());
        }
    };
    let mut answer = Vec::new();
    let mut answers = stream.take(DONE.len() as u64);
    let read = tokio::time::timeout(PATIENCE, answers.read_to_end(&mut answer)).await;
    if matches!(read, Ok(Ok(_))) && answer == DONE {
        return Ok(());
    }
    Err(
        "the change is stored, but the running server has not confirmed that it is in force: \
         see its log"
            .to_owned(),
    )
}

#[cfg(not(unix))]
async fn announce_beside(_: &Path) -> Result<(), String> {
    SystemClock::new().sleep(NOTICED_WITHIN).await;
    Ok(())
}
