//! The certificate of the server, and its replacement when its files change.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use faas_http::Tls;
use tracing::{info, warn};

/// How often to look whether the files have changed.
const LOOK: Duration = Duration::from_secs(1);

/// The files of a certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

impl Certificate {
    /// Merges the settings of the two files.
    ///
    /// # Errors
    /// When only one of them is set.
    pub(crate) fn merge(
        chain: Option<PathBuf>,
        key: Option<PathBuf>,
    ) -> Result<Option<Self>, String> {
        match (chain, key) {
            (Some(chain), Some(key)) => Ok(Some(Self { chain, key })),
            (None, None) => Ok(None),
            (Some(_), None) => Err("--tls-cert needs --tls-key".to_owned()),
            (None, Some(_)) => Err("--tls-key needs --tls-cert".to_owned()),
        }
    }

    /// Reads the certificate.
    ///
    /// # Errors
    /// Names the file that cannot be read, or says what is wrong with the certificate.
    pub(crate) fn load(&self) -> Result<Tls, String> {
        let (chain, key) = (read(&self.chain)?, read(&self.key)?);
        Tls::from_pem(&chain, &key).map_err(|error| self.describe(&error))
    }

    /// Replaces the certificate in `tls` whenever one of the files has changed. Never ends.
    pub(crate) async fn follow(self, tls: Tls) {
        let mut looks = tokio::time::interval(LOOK);
        let mut known = self.changed();
        loop {
            looks.tick().await;
            let now = self.changed();
            if now == known {
                continue;
            }
            let (chain, key) = (read(&self.chain), read(&self.key));
            let replaced = chain.and_then(|chain| {
                let replaced = tls.replace(&chain, &key?);
                replaced.map_err(|error| self.describe(&error))
            });
            match replaced {
                Ok(()) => info!("the certificate was replaced"),
                // Perhaps only one of the two files is new yet: the other one's change follows.
                Err(error) => warn!("the certificate is not replaced: {error}"),
            }
            known = now;
        }
    }

    fn describe(&self, error: &faas_http::TlsError) -> String {
        let (chain, key) = (self.chain.display(), self.key.display());
        format!("cannot use the certificate {chain} with the key {key}: {error}")
    }

    /// When the files were changed last.
    fn changed(&self) -> [Option<SystemTime>; 2] {
        let changed = |path: &Path| std::fs::metadata(path).ok()?.modified().ok();
        [changed(&self.chain), changed(&self.key)]
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
