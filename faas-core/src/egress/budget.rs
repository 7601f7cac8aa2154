//! How many requests an execution may make, and how many bytes it may move.

use std::sync::Arc;

use parking_lot::Mutex;

use super::code;
use crate::model::egress::EgressLimits;
use crate::runtime::HostError;

/// What an execution has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EgressUsage {
    /// The requests that were begun. Those that a rule refused are among them.
    pub requests: u32,
    /// The requests that are under way.
    pub concurrent: u32,
    /// The bytes of bodies that came in, before decoding.
    pub bytes_in: u64,
    /// The bytes of bodies that came in, after decoding.
    pub bytes_decoded: u64,
    /// The bytes of bodies that went out.
    pub bytes_out: u64,
}

/// The limits of an execution, and what it has used.
#[derive(Debug, Default)]
pub struct Budget {
    limits: EgressLimits,
    used: Mutex<EgressUsage>,
}

impl Budget {
    /// A budget of which nothing is used.
    pub fn new(limits: EgressLimits) -> Self {
        Self {
            limits,
            used: Mutex::default(),
        }
    }

    /// What is used so far.
    pub fn used(&self) -> EgressUsage {
        *self.used.lock()
    }

    /// Counts a call of `fetch`, until the permit is dropped.
    ///
    /// # Errors
    /// [`code::LIMIT`] if too many are under way.
    pub fn begin(self: &Arc<Self>) -> Result<RequestPermit, HostError> {
        let most = self.limits.max_concurrent;
        let mut used = self.used.lock();
        if used.concurrent >= most {
            return Err(HostError::new(
                code::LIMIT,
                format!(
                    "an execution may have at most {most} requests under way: read or cancel the \
                     bodies of responses"
                ),
            ));
        }
        used.concurrent += 1;
        Ok(RequestPermit(self.clone()))
    }

    /// Counts a request: that of a call of `fetch`, or a redirect.
    ///
    /// # Errors
    /// [`code::LIMIT`] if there were too many.
    pub fn count_request(&self) -> Result<(), HostError> {
        let most = self.limits.max_requests;
        let mut used = self.used.lock();
        if used.requests >= most {
            return Err(HostError::new(
                code::LIMIT,
                format!("an execution may make at most {most} requests, redirects included"),
            ));
        }
        used.requests += 1;
        Ok(())
    }

    /// Counts bytes of a body that go out.
    ///
    /// # Errors
    /// [`code::LIMIT`] if there were too many.
    pub fn count_out(&self, bytes: usize) -> Result<(), HostError> {
        let most = self.limits.max_bytes_out;
        add(&mut self.used.lock().bytes_out, bytes, most, "send")
    }

    /// Counts bytes of a body that come in, before decoding.
    ///
    /// # Errors
    /// [`code::LIMIT`] if there were too many.
    pub fn count_in(&self, bytes: usize) -> Result<(), HostError> {
        let most = self.limits.max_bytes_in;
        add(&mut self.used.lock().bytes_in, bytes, most, "receive")
    }

    /// Counts bytes of a body that come in, after decoding.
    ///
    /// # Errors
    /// [`code::LIMIT`] if there were too many.
    pub fn count_decoded(&self, bytes: usize) -> Result<(), HostError> {
        let most = self.limits.max_bytes_in;
        add(&mut self.used.lock().bytes_decoded, bytes, most, "receive")
    }
}

fn add(used: &mut u64, bytes: usize, most: u64, what: &str) -> Result<(), HostError> {
    let all = used.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    if all > most {
        return Err(HostError::new(
            code::LIMIT,
            format!("the requests of an execution may {what} at most {most} bytes"),
        ));
    }
    *used = all;
    Ok(())
}

/// A call of `fetch` that is under way.
#[derive(Debug)]
pub struct RequestPermit(Arc<Budget>);

impl Drop for RequestPermit {
    fn drop(&mut self) {
        self.0.used.lock().concurrent -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_met_exactly_and_says_which_it_is() {
        let budget = Arc::new(Budget::new(EgressLimits {
            max_requests: 2,
            max_concurrent: 1,
            max_bytes_in: 10,
            max_bytes_out: 5,
        }));
        let permit = budget.begin().unwrap();
        let error = budget.begin().unwrap_err();
        assert_eq!(error.code, code::LIMIT);
        assert!(error.message.contains("at most 1 requests under way"));
        drop(permit);
        let _permit = budget.begin().unwrap();

        budget.count_request().unwrap();
        budget.count_request().unwrap();
        let error = budget.count_request().unwrap_err();
        assert!(error.message.contains("at most 2 requests"));

        budget.count_out(5).unwrap();
        assert!(
            budget
                .count_out(1)
                .unwrap_err()
                .message
                .contains("send at most 5")
        );
        budget.count_in(10).unwrap();
        budget.count_decoded(10).unwrap();
        assert!(budget.count_in(1).is_err());
        assert!(budget.count_decoded(usize::MAX).is_err());
        assert_eq!(budget.used().bytes_decoded, 10);
    }
}
