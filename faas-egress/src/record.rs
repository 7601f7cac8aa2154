//! What is recorded of a request while it is made. The observer is told when the recorder is dropped,
//! so that no request goes unrecorded.

use std::sync::Arc;
use std::time::Duration;

use faas_core::clock::Clock;
use faas_core::egress::{FetchRecord, Observer};

use crate::body::outgoing::Sent;
use crate::failure::Failure;
use crate::request::Hop;

pub(crate) struct Recorder {
    pub(crate) record: FetchRecord,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    began: Duration,
    pub(crate) sent: Arc<Sent>,
}

impl Recorder {
    /// Begins to record a request of this method; `hop` is set once its URL was found valid.
    pub(crate) fn begin(clock: &Arc<dyn Clock>, observer: &Arc<dyn Observer>) -> Self {
        Self {
            record: FetchRecord {
                // Until it has ended otherwise.
                error: Some("ERR_DROPPED".to_owned()),
                ..FetchRecord::default()
            },
            began: clock.monotonic(),
            clock: clock.clone(),
            observer: observer.clone(),
            sent: Arc::default(),
        }
    }

    pub(crate) fn set_target(&mut self, hop: &Hop) {
        let target = hop.target();
        self.record.method = target.method.to_owned();
        self.record.scheme = if target.is_https { "https" } else { "http" };
        self.record.host = target.host.to_owned();
        self.record.port = target.port;
    }

    /// The time since the request began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.began)
    }

    pub(crate) fn succeed(mut self) {
        self.record.error = None;
    }

    pub(crate) fn fail(mut self, failure: &Failure) {
        self.record.error = Some(failure.error.code.to_string());
        if failure.refused_by.is_some() {
            self.record.refused_by = failure.refused_by;
            self.record.refusal = Some(failure.error.message.clone());
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.record.times.total = self.elapsed();
        self.record.bytes_out = self.sent.bytes();
        self.observer.ended(std::mem::take(&mut self.record));
    }
}
