//! Sessions: code that runs in one isolate, whose globals stay between runs.

use std::sync::Arc;
use std::time::Duration;

use faas_core::model::egress::EgressRules;
use faas_core::model::{Json, KvConfig};
use faas_core::platform::{SessionConfig, SessionInfo, SessionRun};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::execution::Caller;
use crate::number::{Dollars, Millis};
use crate::read::value;
use crate::run::ScriptLimits;
use crate::scalar::{Moment, RunSessionKey, Text};
use crate::words::Language;

/// A session to open.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct NewRunSession {
    /// How long each run may take, and the memory of the isolate, at most what the smallest tier
    /// gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<ScriptLimits>,
    /// Which requests its code may make with `fetch`, within what the server allows. Absent or null:
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::egress::EgressRules>))]
    pub egress: Option<EgressRules>,
    /// The names of the bindings that its code may use. Absent or null: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_items = 64))]
    pub bindings: Option<Vec<String>>,
    /// Its namespaces of keys and values, as for code that runs once. Absent, `false` or null: none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "KvConfig::read_optional"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::kv::KvConfig>))]
    pub kv: Option<KvConfig>,
    /// Milliseconds that it may be idle. Absent or null: 300000.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::millis_or_default"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>, minimum = 1, maximum = 86_400_000))]
    pub lease: Option<Option<u64>>,
    /// Milliseconds that it may exist, however it is used. Absent or null: 3600000.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::millis_or_default"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>, minimum = 1, maximum = 86_400_000))]
    pub lifetime: Option<Option<u64>>,
    /// Milliseconds that its runs may take together. Absent or null: 300000.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::millis_or_default"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>, minimum = 1, maximum = 86_400_000))]
    pub time_budget: Option<Option<u64>>,
    /// US dollars that its runs may cost together. The run that reaches it is not stopped. Absent or
    /// null: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_budget: Option<Dollars>,
}

impl From<NewRunSession> for SessionConfig {
    fn from(new: NewRunSession) -> Self {
        let mut config = Self::default();
        config.limits = new.limits.unwrap_or_default().into();
        if let Some(rules) = new.egress {
            config.egress = rules;
        }
        let bindings = new.bindings.unwrap_or_default();
        config.bindings = bindings.into_iter().map(Arc::from).collect();
        config.kv = new.kv;
        for (to, millis) in [
            (&mut config.lease, new.lease),
            (&mut config.lifetime, new.lifetime),
            (&mut config.time_budget, new.time_budget),
        ] {
            if let Some(millis) = millis.flatten() {
                *to = Duration::from_millis(millis);
            }
        }
        config.cost_budget = new.cost_budget.map(|Dollars(cost)| cost);
        config
    }
}

/// Code to run in a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SessionRunRequest<'a> {
    /// The code, in one of the forms of functions. What it assigns to `globalThis` stays for the next
    /// runs.
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub code: String,
    /// The language of the code. Absent or null: the compiler finds out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// What the code is called with: any JSON; absent or null: `{}`.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<&'a RawValue>,
}

impl<'a> SessionRunRequest<'a> {
    /// The run. `share` makes the input of its text.
    pub fn run(self, share: impl FnOnce(&'a str) -> Json) -> SessionRun {
        let mut run = SessionRun::new(self.code);
        run.language = self.language.map(|language| language.0);
        if let Some(input) = self.input {
            run.input = share(input.get());
        }
        run
    }
}

/// A session as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RunSession<'a> {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: RunSessionKey,
    /// When it was opened.
    pub created_at: Moment,
    /// When it ends if it is not used, or else at the latest.
    pub expires_at: Moment,
    /// Whether code runs in it.
    pub running: bool,
    /// How many runs have ended.
    pub runs: u64,
    /// How long they took together.
    pub time_used: Millis,
    /// What they cost together.
    pub cost: Dollars,
    /// Who opened it; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub caller: Option<Caller<'a>>,
}

impl<'a> From<&'a SessionInfo> for RunSession<'a> {
    fn from(session: &'a SessionInfo) -> Self {
        Self {
            id: Text(session.id),
            created_at: Moment(session.created_at),
            expires_at: Moment(session.expires_at),
            running: session.running,
            runs: session.runs,
            time_used: Millis(session.time_used),
            cost: Dollars(session.cost),
            caller: session.caller.as_ref().map(Caller::from),
        }
    }
}
