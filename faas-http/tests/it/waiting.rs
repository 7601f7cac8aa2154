//! Waiting for a condition: polls with a short pause, and fails the test only after a minute.

use std::time::Duration;

use faas_core::clock::{Clock, SystemClock};

/// Only a hang takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `find` finds a value, and returns it. `what` names it in the failure.
pub(crate) async fn wait_for<T>(what: &str, mut find: impl AsyncFnMut() -> Option<T>) -> T {
    let clock = SystemClock::new();
    let found = async {
        loop {
            if let Some(value) = find().await {
                return value;
            }
            clock.sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(PATIENCE, found)
        .await
        .unwrap_or_else(|_| panic!("never happened: {what}"))
}
