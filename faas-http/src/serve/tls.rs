//! TLS for the connections of [`serve`](super::serve).

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The name of HTTP/2 in a TLS handshake.
pub(super) const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// A certificate and its key. They can be replaced while connections are served; connections that
/// are open keep theirs.
///
/// TLS 1.2 and 1.3. Clients can choose HTTP/2 or HTTP/1.1 (ALPN).
#[derive(Clone)]
pub struct Tls(Arc<RwLock<TlsAcceptor>>);

/// Why a certificate or a key cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// The text has no certificate in PEM, or one is malformed.
    Certificate,
    /// The text has no private key in PEM, or it is malformed.
    Key,
    /// The key does not belong to the certificate, or is of a kind that is not supported.
    Mismatch(tokio_rustls::rustls::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate => f.write_str("there is no valid certificate in PEM"),
            Self::Key => f.write_str("there is no valid private key in PEM"),
            Self::Mismatch(error) => write!(f, "the certificate and the key do not fit: {error}"),
        }
    }
}

impl std::error::Error for TlsError {}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads a certificate, followed by those of the authorities that lead to a root, and its private
    /// key, both in PEM.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(RwLock::new(acceptor(certificates, key)?))))
    }

    /// Uses another certificate for the connections that come from now on.
    ///
    /// # Errors
    /// What is wrong with it. The one before stays in use.
    pub fn replace(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let acceptor = acceptor(certificates, key)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
        Ok(())
    }

    /// The acceptor for the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let acceptor = self.0.read().unwrap_or_else(PoisonError::into_inner);
        acceptor.clone()
    }
}

fn acceptor(certificates: &[u8], key: &[u8]) -> Result<TlsAcceptor, TlsError> {
    let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|_| TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::Certificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Key)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Mismatch)?
        .with_no_client_auth()
        .with_single_cert(chain, key);
    let mut config = config.map_err(TlsError::Mismatch)?;
    config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
