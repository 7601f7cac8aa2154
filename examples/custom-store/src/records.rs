//! How the model is written in JSON.
//!
//! The model has no JSON of its own: a store decides that for itself. Each `…Def` here repeats a type
//! of the model for serde, which checks the one against the other: a field that the model gains does
//! not compile until it is written here, too.

use std::sync::Arc;
use std::time::Duration;

use faas_core::cost::Cost;
use faas_core::model::{
    Attempt, Execution, ExecutionId, Failure, Function, FunctionConfig, FunctionId, FunctionStatus,
    InstanceId, Json, LogLine, NanoDollars, ScalingAction, ScalingEvent, ScalingEventId, Status,
    Tier, Timestamp,
};
use faas_core::store::{Lease, Owner, Stage, Write};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Function")]
pub(crate) struct FunctionDef {
    #[serde(with = "text")]
    id: FunctionId,
    name: Arc<str>,
    description: Arc<str>,
    code: Arc<str>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u32,
    #[serde(with = "FunctionStatusDef")]
    status: FunctionStatus,
    #[serde(with = "FunctionConfigDef")]
    config: FunctionConfig,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "FunctionStatus", rename_all = "lowercase")]
enum FunctionStatusDef {
    Active,
    Inactive,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "FunctionConfig")]
struct FunctionConfigDef {
    timeout: Duration,
    retry_count: u32,
    concurrency: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Write", rename_all = "snake_case")]
enum WriteDef {
    Insert(#[serde(with = "shared")] Arc<Execution>),
    Claim {
        #[serde(with = "text")]
        id: ExecutionId,
        attempt: u32,
        // One process owns the file: there is nobody to keep a lease for.
        #[serde(skip, default = "nobody")]
        lease: Lease,
    },
    Settle {
        #[serde(with = "shared")]
        execution: Arc<Execution>,
        #[serde(with = "StageDef")]
        from: Stage,
    },
    Scaling(#[serde(with = "ScalingEventDef")] ScalingEvent),
}

fn nobody() -> Lease {
    Lease {
        owner: Owner::new(""),
        until: Timestamp::default(),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Stage")]
struct StageDef {
    #[serde(with = "StatusDef")]
    status: Status,
    attempt: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Status", rename_all = "lowercase")]
enum StatusDef {
    Pending,
    Running,
    Completed,
    Failed,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Execution")]
struct ExecutionDef {
    #[serde(with = "text")]
    id: ExecutionId,
    #[serde(with = "text")]
    function_id: FunctionId,
    function_version: u32,
    tier: Tier,
    #[serde(with = "StatusDef")]
    status: Status,
    #[serde(with = "text")]
    input: Json,
    #[serde(with = "optional_text")]
    output: Option<Json>,
    failure: Option<Failure>,
    created_at: Timestamp,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    duration: Duration,
    attempt: u32,
    retry_count: u32,
    max_retries: u32,
    due_at: Option<Timestamp>,
    #[serde(with = "optional_text")]
    instance_id: Option<InstanceId>,
    cold_start: bool,
    #[serde(with = "CostDef")]
    cost: Cost,
    logs: Vec<LogLine>,
    #[serde(with = "attempts")]
    attempts: Vec<Attempt>,
    #[serde(with = "optional_text")]
    retry_of: Option<ExecutionId>,
    idempotency_key: Option<Arc<str>>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Attempt")]
struct AttemptDef {
    start_time: Timestamp,
    duration: Duration,
    failure: Option<Failure>,
    #[serde(with = "optional_text")]
    instance_id: Option<InstanceId>,
    cold_start: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Cost")]
struct CostDef {
    tier: Tier,
    base: NanoDollars,
    cold_start: NanoDollars,
    retry: NanoDollars,
    data_transfer: NanoDollars,
    memory_mb: u32,
    cpu_millis: u32,
    price_version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ScalingEvent")]
struct ScalingEventDef {
    #[serde(with = "text")]
    id: ScalingEventId,
    #[serde(with = "optional_text")]
    function_id: Option<FunctionId>,
    #[serde(with = "ScalingActionDef")]
    action: ScalingAction,
    instance_count: u32,
    at: Timestamp,
    reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ScalingAction", rename_all = "lowercase")]
enum ScalingActionDef {
    Up,
    Down,
}

/// An execution that is shared.
mod shared {
    use super::{Arc, Execution, ExecutionDef};

    pub(super) fn serialize<S: serde::Serializer>(
        execution: &Arc<Execution>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        ExecutionDef::serialize(execution, serializer)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Execution>, D::Error> {
        ExecutionDef::deserialize(deserializer).map(Arc::new)
    }
}

/// A list of what has a definition above.
macro_rules! list {
    ($name:ident, $item:ident, $definition:tt) => {
        pub(crate) mod $name {
            use serde::{Deserialize, Serialize};

            use super::*;

            #[derive(Serialize)]
            struct Lent<'a>(#[serde(with = $definition)] &'a $item);

            #[derive(Deserialize)]
            struct Owned(#[serde(with = $definition)] $item);

            pub(crate) fn serialize<S: serde::Serializer>(
                list: &[$item],
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(list.iter().map(Lent))
            }

            pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Vec<$item>, D::Error> {
                let list = Vec::<Owned>::deserialize(deserializer)?;
                Ok(list.into_iter().map(|item| item.0).collect())
            }
        }
    };
}

list!(writes, Write, "WriteDef");
list!(attempts, Attempt, "AttemptDef");

/// What is written as a text.
pub(crate) trait Text: Sized + ToString {
    fn read(text: String) -> Option<Self>;
}

macro_rules! text {
    ($($id:ident),+) => {
        $(impl Text for $id {
            fn read(text: String) -> Option<Self> {
                text.parse().ok()
            }
        })+
    };
}

text!(FunctionId, ExecutionId, ScalingEventId);

impl Text for InstanceId {
    fn read(text: String) -> Option<Self> {
        Some(Self::new(text))
    }
}

/// A user's JSON is a text within ours: it may have line breaks, and it must read back to the byte.
impl Text for Json {
    fn read(text: String) -> Option<Self> {
        Some(Self::trusted(text))
    }
}

pub(crate) mod text {
    use serde::de::{Deserialize as _, Error as _};

    use super::Text;

    pub(crate) fn serialize<T: Text, S: serde::Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&value.to_string())
    }

    pub(crate) fn deserialize<'de, T: Text, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::read(text).ok_or_else(|| D::Error::custom("not a valid id"))
    }
}

mod optional_text {
    use serde::de::{Deserialize as _, Error as _};
    use serde::ser::Serialize as _;

    use super::Text;

    pub(super) fn serialize<T: Text, S: serde::Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(T::to_string).serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: Text, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let read = |text| T::read(text).ok_or_else(|| D::Error::custom("not a valid id"));
        text.map(read).transpose()
    }
}
