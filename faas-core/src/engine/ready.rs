//! Readiness: whether the platform can run functions and store the results.

use std::time::Duration;

use tokio::sync::Mutex;

use super::Engine;
use super::execute::shutting_down;
use crate::error::Error;

/// For how long a result is used before store and runtime are tried again.
const FRESH: Duration = Duration::from_secs(1);

/// The latest check. Callers that come while one is under way wait for it.
#[derive(Default)]
pub(super) struct Readiness {
    latest: Mutex<Option<Checked>>,
}

struct Checked {
    at: Duration,
    /// What is wrong.
    wrong: Option<String>,
}

impl Engine {
    /// See [`crate::Platform::ready`].
    pub(crate) async fn ready(&self) -> Result<(), Error> {
        if self.0.stopping.is_cancelled() {
            return Err(shutting_down());
        }
        let mut latest = self.0.readiness.latest.lock().await;
        let now = self.0.clock.monotonic();
        let wrong = match &*latest {
            Some(checked) if now.saturating_sub(checked.at) < FRESH => checked.wrong.clone(),
            _ => {
                let wrong = self.check().await.err();
                let was_wrong = latest.as_ref().is_some_and(|latest| latest.wrong.is_some());
                match &wrong {
                    Some(reason) if !was_wrong => tracing::warn!(reason, "not ready"),
                    None if was_wrong => tracing::info!("ready again"),
                    _ => {}
                }
                *latest = Some(Checked {
                    at: self.0.clock.monotonic(),
                    wrong: wrong.clone(),
                });
                wrong
            }
        };
        match wrong {
            None => Ok(()),
            Some(wrong) => Err(Error::Unavailable(wrong.into())),
        }
    }

    async fn check(&self) -> Result<(), String> {
        if let Err(error) = self.0.store.ping().await {
            return Err(error.to_string());
        }
        if !self.0.recorder.is_healthy() {
            return Err("the store did not accept the latest writes".to_owned());
        }
        if self.0.scaling_health.is_failing() {
            return Err(
                "the scaling policy failed: the default policy decides until it works again"
                    .to_owned(),
            );
        }
        let runtimes = self.0.runtimes.clone();
        match tokio::task::spawn_blocking(move || runtimes.check()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the runtime panicked when it was checked".to_owned()),
        }
    }
}
