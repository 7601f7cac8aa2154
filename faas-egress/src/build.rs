//! Making a broker.

use std::fmt;
use std::sync::Arc;

use faas_core::clock::{Clock, SystemClock};
use hyper::header::HeaderValue;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use crate::broker::{Broker, Inner};
use crate::connect::{Connector, TlsParts};
use crate::dial::{Dial, SystemDialer};
use crate::options::BrokerOptions;
use crate::policy::Policy;
use crate::pool::{Bounds, Pool};
use crate::quota::Quota;
use crate::resolve::{Resolve, SystemResolver};
use crate::tls;

/// Why a broker cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// TLS cannot be set up, for example because a root certificate is not valid.
    #[error("cannot set up TLS")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file of certificates has none.
    #[error("there is no certificate in PEM")]
    NoCertificate,
    /// The `user_agent` is not a valid value of a header.
    #[error("the user agent is not a valid value of a header")]
    UserAgent,
}

/// Makes a [`Broker`].
pub struct BrokerBuilder {
    policy: Policy,
    options: BrokerOptions,
    resolver: Arc<dyn Resolve>,
    dialer: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
    roots: Vec<CertificateDer<'static>>,
}

impl fmt::Debug for BrokerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerBuilder")
            .field("policy", &self.policy)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl BrokerBuilder {
    /// Sets the numbers.
    #[must_use]
    pub fn options(mut self, options: BrokerOptions) -> Self {
        self.options = options;
        self
    }

    /// Resolves names with this instead of the system's resolver.
    #[must_use]
    pub fn resolver(mut self, resolver: impl Resolve + 'static) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Connects with this instead of the system's sockets.
    #[must_use]
    pub fn dialer(mut self, dialer: impl Dial + 'static) -> Self {
        self.dialer = Arc::new(dialer);
        self
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Trusts a certificate, in DER, besides the public roots.
    #[must_use]
    pub fn root_certificate(mut self, der: Vec<u8>) -> Self {
        self.roots.push(CertificateDer::from(der));
        self
    }

    /// Trusts the certificates in a text in PEM, besides the public roots.
    ///
    /// # Errors
    /// [`BuildError::NoCertificate`] if there is none, [`BuildError::Tls`] if one is malformed.
    pub fn root_certificates(mut self, pem: &[u8]) -> Result<Self, BuildError> {
        let before = self.roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| BuildError::Tls(error.into()))?;
            self.roots.push(certificate);
        }
        if self.roots.len() == before {
            return Err(BuildError::NoCertificate);
        }
        Ok(self)
    }

    /// Makes the broker.
    ///
    /// # Errors
    /// [`BuildError`] if a setting is not valid.
    pub fn build(self) -> Result<Broker, BuildError> {
        let options = Arc::new(self.options);
        let tls = tls::connector(&self.roots).map_err(|error| BuildError::Tls(error.into()))?;
        let user_agent =
            HeaderValue::from_str(&options.user_agent).map_err(|_| BuildError::UserAgent)?;
        let bounds = Bounds {
            idle_timeout: options.idle_timeout,
            max_idle: options.max_idle,
            max_idle_per_origin: options.max_idle_per_origin,
            max_connections: options.max_connections,
            max_connections_per_partition: options.max_connections_per_partition,
        };
        let large_decoders = Quota::new(
            options.max_large_decoders,
            options.max_large_decoders_per_partition,
        );
        Ok(Broker(Arc::new(Inner {
            pool: Pool::new(bounds, self.clock.clone()),
            connector: Connector {
                policy: Arc::new(self.policy),
                resolver: self.resolver,
                dialer: self.dialer,
                clock: self.clock,
                tls: TlsParts(tls),
                options,
            },
            large_decoders,
            user_agent,
        })))
    }
}

impl Broker {
    /// Begins to make a broker with this policy.
    pub fn builder(policy: Policy) -> BrokerBuilder {
        BrokerBuilder {
            policy,
            options: BrokerOptions::default(),
            resolver: Arc::new(SystemResolver::default()),
            dialer: Arc::new(SystemDialer),
            clock: Arc::new(SystemClock::new()),
            roots: Vec::new(),
        }
    }

    /// The server's policy.
    pub fn policy(&self) -> &Policy {
        &self.0.connector.policy
    }
}
