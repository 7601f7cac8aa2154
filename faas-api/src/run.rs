//! Code that runs once.

use std::sync::Arc;
use std::time::Duration;

use faas_core::model::egress::EgressRules;
use faas_core::model::{Json, KvConfig};
use faas_core::platform::{RunLimits, Script};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::read::value;
use crate::words::Language;

/// Code to run once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct RunRequest<'a> {
    /// The code, in one of the forms of functions.
    #[cfg_attr(feature = "openapi", schema(min_length = 1))]
    pub code: String,
    /// The language of the code. Absent or null: the compiler finds out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// What the code is called with: any JSON; absent or null: `{}`.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<&'a RawValue>,
    /// How long it may run, and with how much memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<ScriptLimits>,
    /// Which requests it may make with `fetch`, within what the server allows. Absent or null: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::egress::EgressRules>))]
    pub egress: Option<EgressRules>,
    /// The names of the bindings that it may use. Absent or null: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_items = 64))]
    pub bindings: Option<Vec<String>>,
    /// Its namespaces of keys and values: the name of a shared one, or an object of several by the
    /// names under which the code finds them. Absent, `false` or null: none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "KvConfig::read_optional"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::kv::KvConfig>))]
    pub kv: Option<KvConfig>,
}

/// The limits of code that runs once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ScriptLimits {
    /// Milliseconds that it may run. Absent or null: 30000.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::millis_or_default"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>, minimum = 1))]
    pub timeout: Option<Option<u64>>,
    /// Its memory in MiB, at most what the tier of its code gives. Absent or null: all of that.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "value::whole_or_default"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>, minimum = 1))]
    pub memory: Option<Option<u32>>,
}

impl<'a> RunRequest<'a> {
    /// Code that is called with `input`, and reaches nothing outside its isolate.
    pub fn new(code: impl Into<String>, input: Option<&'a RawValue>) -> Self {
        Self {
            code: code.into(),
            language: None,
            input,
            limits: None,
            egress: None,
            bindings: None,
            kv: None,
        }
    }

    /// The script. `share` makes the input of its text.
    pub fn script(self, share: impl FnOnce(&'a str) -> Json) -> Script {
        let mut script = Script::new(self.code);
        script.language = self.language.map(|language| language.0);
        if let Some(input) = self.input {
            script.input = share(input.get());
        }
        script.limits = self.limits.unwrap_or_default().into();
        if let Some(rules) = self.egress {
            script.egress = rules;
        }
        let bindings = self.bindings.unwrap_or_default();
        script.bindings = bindings.into_iter().map(Arc::from).collect();
        script.kv = self.kv;
        script
    }
}

impl ScriptLimits {
    /// Sets the milliseconds that it may run.
    #[must_use]
    pub const fn timeout(mut self, millis: u64) -> Self {
        self.timeout = Some(Some(millis));
        self
    }

    /// Sets its memory in MiB.
    #[must_use]
    pub const fn memory(mut self, mib: u32) -> Self {
        self.memory = Some(Some(mib));
        self
    }
}

impl From<ScriptLimits> for RunLimits {
    fn from(limits: ScriptLimits) -> Self {
        let mut run = Self::default();
        if let Some(timeout) = limits.timeout.flatten() {
            run.timeout = Duration::from_millis(timeout);
        }
        run.memory = limits.memory.flatten();
        run
    }
}
