//! Connections to addresses.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use async_trait::async_trait;
use tokio::net::TcpStream;

/// Opens TCP connections, for example from a certain interface. The broker has checked the address.
#[async_trait]
pub trait Dial: fmt::Debug + Send + Sync {
    /// Connects to exactly this address.
    ///
    /// # Errors
    /// If it cannot be connected to.
    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream>;
}

/// Connects as the system does. Proxies in the environment are not used.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDialer;

#[async_trait]
impl Dial for SystemDialer {
    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}
