//! Code that runs once: [`Platform::run`].

use std::sync::Arc;
use std::time::Duration;

use super::functions::check;
use super::{Platform, check_caller};
use crate::engine::{Request, Shared};
use crate::error::Error;
use crate::model::egress::EgressRules;
use crate::model::{
    CallerLabel, Execution, Function, FunctionConfig, FunctionId, FunctionStatus, Json, KvConfig,
    KvTarget, Language, Tier,
};

/// What the code finds as `context.functionName`.
const NAME: &str = "run";

/// Code to run once: see [`Platform::run`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Script {
    /// The code, in one of the forms of functions.
    pub code: String,
    /// The language of the code; `None`: the compiler finds out.
    pub language: Option<Language>,
    /// What the code is called with. Default: `{}`.
    pub input: Json,
    /// How long it may run, and with how much memory.
    pub limits: RunLimits,
    /// Which requests it may make, within what the server allows. Default: none.
    pub egress: EgressRules,
    /// The bindings that it may use. Default: none.
    pub bindings: Vec<Arc<str>>,
    /// Its namespaces of keys and values, all of them shared ones. Default: none.
    pub kv: Option<KvConfig>,
    /// Who runs it. It is kept with the execution, and host functions get it.
    pub caller: Option<CallerLabel>,
}

/// The limits of code that runs once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunLimits {
    /// How long it may run. Default: 30 s.
    pub timeout: Duration,
    /// Its memory in MiB, at most what the tier of its code gives; `None`: all of that.
    pub memory: Option<u32>,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            timeout: FunctionConfig::default().timeout,
            memory: None,
        }
    }
}

impl RunLimits {
    /// Sets how long the code may run.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the memory in MiB.
    #[must_use]
    pub const fn memory(mut self, mib: u32) -> Self {
        self.memory = Some(mib);
        self
    }
}

impl Script {
    /// Creates a script that reaches nothing outside its isolate.
    pub fn new(code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            language: None,
            input: Json::empty_object(),
            limits: RunLimits::default(),
            egress: EgressRules::nothing(),
            bindings: Vec::new(),
            kv: None,
            caller: None,
        }
    }

    /// Sets the language of the code. Without this, the compiler finds out.
    #[must_use]
    pub const fn language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// Sets what the code is called with.
    #[must_use]
    pub fn input(mut self, input: impl Into<Json>) -> Self {
        self.input = input.into();
        self
    }

    /// Sets how long it may run, and with how much memory.
    #[must_use]
    pub const fn limits(mut self, limits: RunLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets which requests it may make, within what the server allows.
    #[must_use]
    pub fn egress(mut self, rules: EgressRules) -> Self {
        self.egress = rules;
        self
    }

    /// Sets the bindings that it may use.
    #[must_use]
    pub fn bindings<S: Into<Arc<str>>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.bindings = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets its namespaces of keys and values.
    #[must_use]
    pub fn kv(mut self, namespaces: KvConfig) -> Self {
        self.kv = Some(namespaces);
        self
    }

    /// Sets who runs it.
    #[must_use]
    pub fn caller(mut self, caller: CallerLabel) -> Self {
        self.caller = Some(caller);
        self
    }

    /// The function that the script is while it runs.
    pub(super) fn function(self, engine: &Shared) -> Result<Function, Error> {
        self.check(engine)?;
        let now = engine.clock.now();
        let function = Function {
            id: FunctionId::RUN,
            name: NAME.into(),
            description: NAME.into(),
            code: self.code.into(),
            language: self.language,
            modules: None,
            handler: None,
            created_at: now,
            updated_at: now,
            version: 1,
            status: FunctionStatus::Active,
            config: FunctionConfig {
                timeout: self.limits.timeout,
                retry_count: 0,
                memory: self.limits.memory,
                bindings: Some(self.bindings.into()),
                egress: Some(Arc::new(self.egress)),
                kv: self.kv.map(Arc::new),
                ..FunctionConfig::default()
            },
            environment: Arc::default(),
            tier: Tier::Basic,
            aliases: Arc::default(),
        };
        let tier = (engine.price_book).tier_of_source(&function.source(), function.config.timeout);
        let function = Function { tier, ..function };
        check(&function, None, engine)?;
        Ok(function)
    }

    /// Checks what a function may have and a script may not.
    fn check(&self, engine: &Shared) -> Result<(), Error> {
        let known = |name: &str| engine.bindings.names().any(|known| known == name);
        if let Some(unknown) = self.bindings.iter().find(|name| !known(name)) {
            let known: Vec<_> = engine.bindings.names().collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            let shown: String = (unknown.chars().take(FunctionConfig::MAX_BINDING_NAME)).collect();
            return Err(Error::Invalid(format!(
                "bindings names {shown:?}, which the host does not have: it has {known}"
            )));
        }
        if self.egress != EgressRules::nothing() && engine.network.is_none() {
            return Err(Error::Invalid(
                "egress cannot be used: code has no network here".to_owned(),
            ));
        }
        if let Some(name) = self.egress.secret_names().next() {
            return Err(Error::Invalid(format!(
                "egress names the secret {name}: code that runs once has no secrets"
            )));
        }
        let kv = self.kv.iter().flat_map(KvConfig::bindings);
        if kv.into_iter().any(|(_, target)| *target == KvTarget::Own) {
            return Err(Error::Invalid(
                "kv is true: code that runs once has no namespace of its own, name a shared one"
                    .to_owned(),
            ));
        }
        Ok(())
    }
}

impl Platform {
    /// Runs code once, in an isolate that has run nothing before and is not used again. The code is
    /// not stored: only the execution is, with the SHA-256 of the code
    /// ([`Attempt::code`](crate::model::Attempt::code)) and its price. Without more in the script,
    /// the code reaches nothing outside its isolate.
    ///
    /// Code that does not compile fails the execution, as code that throws. If the future is dropped,
    /// the execution is cancelled. All runs share the bounds of one function: its part of the queue
    /// and of the instances. They are executions of [`FunctionId::RUN`].
    ///
    /// ```
    /// use faas_core::Platform;
    /// use faas_core::platform::{RunLimits, Script};
    /// use serde_json::json;
    /// use std::time::Duration;
    ///
    /// # #[cfg(feature = "quickjs")]
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), faas_core::Error> {
    /// let platform = Platform::builder().build().await?;
    /// let script = Script::new("return input.numbers.reduce((a, b) => a + b)")
    ///     .input(json!({ "numbers": [1, 2, 3] }))
    ///     .limits(RunLimits::default().timeout(Duration::from_secs(1)));
    /// let done = platform.run(script).await?;
    /// assert_eq!(done.output.as_ref().map(|output| output.as_str()), Some("6"));
    /// # platform.shutdown().await;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "quickjs"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] if the script asks for what the platform does not have or allow;
    /// [`Error::TooLarge`]; and as [`Platform::invoke`].
    pub async fn run(&self, mut script: Script) -> Result<Arc<Execution>, Error> {
        check_caller(script.caller.as_ref())?;
        let engine = self.engine();
        let input = std::mem::replace(&mut script.input, Json::null());
        let request = Request::once(input, script.caller.take());
        let loaded = engine
            .0
            .registry
            .script(script.function(&engine.0)?, None)?;
        engine.run(loaded, request).await
    }
}
