//! The domain types: functions, executions, money, keys and others.
//!
//! Plain data that needs no clock, store or runtime. The front ends define the JSON for clients;
//! the stores define rows and documents.

mod access;
mod alias;
mod attempt;
mod caller;
mod cost;
mod destination;
pub mod egress;
mod environment;
mod execution;
mod follow_up;
mod function;
pub mod http;
mod id;
mod json;
mod key_value;
mod listed;
mod load_test;
mod money;
pub mod object_id;
mod queueing;
mod retry;
mod scaling;
mod schedule;
mod sealed;
mod source;
pub mod specifier;
mod status;
mod timestamp;
mod tool;

pub use access::{Actor, ApiKey, AuditAction, AuditEntry, KeyHash, Role};
pub use alias::{Alias, Aliases, Canary, RollBackIf, Split};
pub use attempt::{
    Attempt, Failure, FailureKind, HostCallRecord, LogLevel, LogLine, RequestRecord,
};
pub use caller::CallerLabel;
pub use cost::{Basis, Cost, UsageSums};
pub use destination::{
    Condition, Delivery, DeliveryAttempt, DeliveryId, DeliveryState, Destinations, Target, Webhook,
};
pub use environment::{Environment, Secret};
pub use execution::{Execution, IllegalTransition};
pub use follow_up::{DeadLetter, DeadLetterGroup, DeadLetterState, FollowUp, MAX_HOPS};
pub use function::{Function, FunctionConfig, FunctionLabel, FunctionStatus, Tier};
pub use id::{
    AuditId, ExecutionId, FunctionId, IdGenerator, InstanceId, KeyId, LoadTestId, ParseIdError,
    RedriveId, ScalingEventId, ScheduleId, SessionId,
};
#[cfg(feature = "quickjs")]
pub(crate) use json::is_too_deep;
pub use json::{Json, JsonError, MAX_DEPTH};
pub use key_value::{KvConfig, KvLimits, KvTarget, KvUsage, Namespace};
pub use listed::{FunctionCounts, FunctionSummary, LeftOut, ListedExecution};
pub use load_test::{
    ErrorGroup, LoadEstimate, LoadResult, LoadTest, LoadTestStatus, ResponseTimes, Second,
};
pub use money::NanoDollars;
pub use queueing::Queueing;
pub use retry::{LONGEST_DELAY, LONGEST_RETRY_WAIT, RetryAdvice, RetryConfig};
pub use scaling::{ScalingAction, ScalingEvent};
#[cfg(feature = "quickjs")]
pub(crate) use schedule::time_zones;
pub use schedule::{CronExpression, Every, Firing, FiringFailure, Missed, Schedule, When};
pub use sealed::{NotSealed, SealKeyId, Sealed};
pub(crate) use sealed::{SEAL_KEY_ID_LENGTH, SEAL_VERSION};
pub use source::{CodeHash, Language, Modules, ParseCodeHashError, Source};
pub use status::{ParseStatusError, Status};
pub use timestamp::Timestamp;
pub use tool::ToolConfig;
