//! Names to addresses.

use std::fmt;
use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;

/// Resolves the names of hosts. The broker asks once for each request, checks every address of the
/// answer, and connects to an address of this answer.
#[async_trait]
pub trait Resolve: fmt::Debug + Send + Sync {
    /// Returns the addresses of a host, best first. The name is in ASCII and lower case.
    ///
    /// # Errors
    /// If the name has no address, or no server answers.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the system (`getaddrinfo`). A bounded number of names is resolved at a time, each
/// on a thread; further ones wait.
#[derive(Debug)]
pub struct SystemResolver(Arc<Semaphore>);

impl SystemResolver {
    /// A resolver that resolves at most `most` names at a time.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most.max(1))))
    }
}

impl Default for SystemResolver {
    /// 32 names at a time.
    fn default() -> Self {
        Self::new(32)
    }
}

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let permit = self.0.clone().acquire_owned().await;
        let permit = permit.map_err(io::Error::other)?;
        let host = host.to_owned();
        // The thread keeps the permit: it cannot be stopped when nobody waits for it any more.
        let resolved = tokio::task::spawn_blocking(move || {
            let found = (host.as_str(), 0).to_socket_addrs();
            drop(permit);
            found.map(|addresses| addresses.map(|one| one.ip()).collect())
        });
        resolved.await.map_err(io::Error::other)?
    }
}
