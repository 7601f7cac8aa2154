//! How the model is written in JSON.
//!
//! The model has no JSON of its own: a store decides that for itself. Each `…Def` here repeats a type
//! of the model for serde, which checks the one against the other: a field that the model gains does
//! not compile until it is written here, too.

use std::sync::Arc;
use std::time::Duration;

use faas_core::model::Cost;
use faas_core::model::LoadTest;
use faas_core::model::egress::EgressRules;
use faas_core::model::http::HttpConfig;
use faas_core::model::{
    Actor, Aliases, ApiKey, Attempt, AuditAction, AuditEntry, AuditId, CallerLabel, CodeHash,
    Environment, Execution, ExecutionId, Failure, Function, FunctionConfig, FunctionId,
    FunctionStatus, HostCallRecord, InstanceId, Json, KeyHash, KeyId, KvConfig, KvUsage, Language,
    LogLine, Modules, NanoDollars, Queueing, RetryConfig, Role, ScalingAction, ScalingEvent,
    ScalingEventId, Schedule, ScheduleId, Status, Tier, Timestamp, ToolConfig,
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
    #[serde(default)]
    language: Option<Language>,
    #[serde(default)]
    modules: Option<Arc<Modules>>,
    #[serde(default)]
    handler: Option<Arc<str>>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u32,
    #[serde(with = "FunctionStatusDef")]
    status: FunctionStatus,
    #[serde(with = "FunctionConfigDef")]
    config: FunctionConfig,
    // It has a JSON of its own. Older journals have none.
    #[serde(default)]
    environment: Arc<Environment>,
    #[serde(default = "basic")]
    tier: Tier,
    #[serde(default)]
    aliases: Arc<Aliases>,
}

/// The tier of functions in journals that keep none: the platform finds it anew when it loads one.
const fn basic() -> Tier {
    Tier::Basic
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
    // Older journals have none of these.
    #[serde(default)]
    retry: Option<Arc<RetryConfig>>,
    #[serde(default)]
    concurrency_per_key: Option<u32>,
    #[serde(default)]
    memory: Option<u32>,
    #[serde(default)]
    bindings: Option<Arc<[Arc<str>]>>,
    #[serde(default)]
    egress: Option<Arc<EgressRules>>,
    #[serde(default)]
    http: Option<Arc<HttpConfig>>,
    #[serde(default)]
    kv: Option<Arc<KvConfig>>,
    #[serde(default)]
    tool: Option<Arc<ToolConfig>>,
    #[serde(default)]
    runtime: Option<Arc<str>>,
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
    Fire {
        #[serde(with = "shared")]
        execution: Arc<Execution>,
        #[serde(with = "text")]
        schedule: Arc<Schedule>,
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
    #[serde(with = "text")]
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
    #[serde(with = "text")]
    instance_id: Option<InstanceId>,
    cold_start: bool,
    #[serde(with = "CostDef")]
    cost: Cost,
    logs: Vec<LogLine>,
    #[serde(with = "attempts")]
    attempts: Vec<Attempt>,
    // Older journals have none.
    #[serde(default)]
    host_calls: Vec<HostCallRecord>,
    #[serde(default)]
    more_host_calls: u64,
    #[serde(with = "text")]
    retry_of: Option<ExecutionId>,
    idempotency_key: Option<Arc<str>>,
    // Older journals have none of these.
    #[serde(default)]
    queueing: Queueing,
    #[serde(default, with = "text")]
    caller: Option<CallerLabel>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Attempt")]
struct AttemptDef {
    start_time: Timestamp,
    duration: Duration,
    failure: Option<Failure>,
    #[serde(with = "text")]
    instance_id: Option<InstanceId>,
    cold_start: bool,
    // Older journals have none.
    #[serde(default)]
    cpu_time: Duration,
    #[serde(default, with = "KvUsageDef")]
    kv: KvUsage,
    #[serde(default)]
    code: Option<CodeHash>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "KvUsage")]
struct KvUsageDef {
    reads: u64,
    writes: u64,
    lists: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Cost")]
struct CostDef {
    tier: Tier,
    base: NanoDollars,
    cold_start: NanoDollars,
    retry: NanoDollars,
    data_transfer: NanoDollars,
    #[serde(default)]
    kv: NanoDollars,
    memory_mb: u32,
    cpu_millis: u32,
    price_version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ScalingEvent")]
struct ScalingEventDef {
    #[serde(with = "text")]
    id: ScalingEventId,
    #[serde(with = "text")]
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

#[derive(Serialize, Deserialize)]
#[serde(remote = "ApiKey")]
pub(crate) struct ApiKeyDef {
    #[serde(with = "text")]
    id: KeyId,
    name: Arc<str>,
    #[serde(with = "RoleDef")]
    role: Role,
    #[serde(with = "KeyHashDef")]
    hash: KeyHash,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Role", rename_all = "lowercase")]
enum RoleDef {
    Reader,
    Invoker,
    Developer,
    Admin,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "KeyHash")]
struct KeyHashDef([u8; 32]);

#[derive(Serialize, Deserialize)]
#[serde(remote = "AuditEntry")]
pub(crate) struct AuditEntryDef {
    #[serde(with = "text")]
    id: AuditId,
    at: Timestamp,
    #[serde(with = "ActorDef")]
    actor: Actor,
    #[serde(with = "text")]
    action: AuditAction,
    target: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Actor", rename_all = "lowercase")]
enum ActorDef {
    Local,
    Key {
        #[serde(with = "text")]
        id: KeyId,
        name: Arc<str>,
    },
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

/// What is written as a text, or left out.
pub(crate) trait Text: Sized {
    fn write(&self) -> Option<String>;
    fn read(text: Option<String>) -> Option<Self>;
}

macro_rules! text {
    ($($type:ident: $read:expr),+ $(,)?) => {
        $(impl Text for $type {
            fn write(&self) -> Option<String> {
                Some(self.to_string())
            }

            fn read(text: Option<String>) -> Option<Self> {
                text.and_then($read)
            }
        })+
    };
}

text! {
    FunctionId: |text| text.parse().ok(),
    ExecutionId: |text| text.parse().ok(),
    KeyId: |text| text.parse().ok(),
    AuditId: |text| text.parse().ok(),
    ScheduleId: |text| text.parse().ok(),
    ScalingEventId: |text| text.parse().ok(),
    InstanceId: |text| Some(Self::new(text)),
    // A user's JSON is a text within ours: it may have line breaks, and it must read back to the byte.
    Json: |text| Some(Self::trusted(text)),
}

impl Text for AuditAction {
    fn write(&self) -> Option<String> {
        Some(self.as_str().to_owned())
    }

    fn read(text: Option<String>) -> Option<Self> {
        text.and_then(|name| Self::named(&name))
    }
}

impl Text for CallerLabel {
    fn write(&self) -> Option<String> {
        serde_json::to_string(&(&self.id, &self.name)).ok()
    }

    fn read(text: Option<String>) -> Option<Self> {
        let (id, name) = serde_json::from_str(&text?).ok()?;
        Some(Self { id, name })
    }
}

/// It has a JSON of its own, which is as a text within ours for the same reason.
impl Text for Box<LoadTest> {
    fn write(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    fn read(text: Option<String>) -> Option<Self> {
        serde_json::from_str(&text?).ok()
    }
}

/// As a load test.
impl Text for Arc<Schedule> {
    fn write(&self) -> Option<String> {
        serde_json::to_string(&**self).ok()
    }

    fn read(text: Option<String>) -> Option<Self> {
        serde_json::from_str(&text?).ok().map(Self::new)
    }
}

impl<T: Text> Text for Option<T> {
    fn write(&self) -> Option<String> {
        self.as_ref().and_then(T::write)
    }

    fn read(text: Option<String>) -> Option<Self> {
        match text {
            None => Some(None),
            Some(_) => T::read(text).map(Some),
        }
    }
}

pub(crate) mod text {
    use serde::de::{Deserialize as _, Error as _};
    use serde::ser::Serialize as _;

    use super::Text;

    pub(crate) fn serialize<T: Text, S: serde::Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.write().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, T: Text, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let text = Option::deserialize(deserializer)?;
        T::read(text).ok_or_else(|| D::Error::custom("not a valid id"))
    }
}
