//! The OpenAPI schema of retry policies, whose JSON the model has.

use utoipa::ToSchema;

use crate::words::ErrorKind;

/// When a failed asynchronous execution is tried again. `retryCount` says how often.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) struct RetryConfig {
    /// Milliseconds before the first retry.
    #[schema(nullable = false, maximum = 86_400_000)]
    base: Option<u64>,
    /// By how much each further wait grows.
    #[schema(nullable = false, minimum = 1, maximum = 100)]
    factor: Option<f64>,
    /// The longest wait, in milliseconds.
    #[schema(nullable = false, maximum = 86_400_000)]
    cap: Option<u64>,
    /// How much of a wait is random, from 0 to 1.
    #[schema(nullable = false, minimum = 0, maximum = 1)]
    jitter: Option<f64>,
    /// The failures after which it is tried again: `user_error`, `timeout`, `out_of_memory`,
    /// `stack_overflow`. Absent: all of these. It is always tried again after a failure of the platform.
    #[schema(nullable = false)]
    retry_on: Option<Vec<ErrorKind>>,
}
