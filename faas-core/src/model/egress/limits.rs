//! How many requests an execution may make, and how many bytes it may move.

use serde::{Deserialize, Serialize};

/// The limits of one execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct EgressLimits {
    /// The most requests. Each redirect counts.
    pub max_requests: u32,
    /// The most requests under way at a time, until their responses are read. One more is refused.
    pub max_concurrent: u32,
    /// The most bytes of bodies that come in. Bytes before and after decoding are counted apart, and
    /// this bounds each.
    pub max_bytes_in: u64,
    /// The most bytes of bodies that go out.
    pub max_bytes_out: u64,
}

impl Default for EgressLimits {
    fn default() -> Self {
        Self {
            max_requests: 1_000,
            max_concurrent: 64,
            max_bytes_in: 256 << 20,
            max_bytes_out: 256 << 20,
        }
    }
}
