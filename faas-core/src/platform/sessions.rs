//! Sessions: code that runs in one isolate, whose globals stay between runs.

mod registry;

use std::sync::Arc;
use std::time::Duration;

pub(super) use self::registry::Registry;
use super::{Platform, RunLimits, Script, check_caller};
use crate::engine::Request;
use crate::error::Error;
use crate::model::egress::EgressRules;
use crate::model::{
    CallerLabel, Execution, Json, KvConfig, Language, NanoDollars, SessionId, Tier, Timestamp,
};

/// The longest lease, lifetime and time budget.
const MOST_TIME: Duration = Duration::from_secs(24 * 3600);

/// What a session is opened with: see [`Platform::sessions`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionConfig {
    /// How long each run may take, and the memory of the isolate. Default: 30 s, and what the
    /// smallest tier gives.
    pub limits: RunLimits,
    /// Which requests its code may make, within what the server allows. Default: none.
    pub egress: EgressRules,
    /// The bindings that its code may use. Default: none.
    pub bindings: Vec<Arc<str>>,
    /// Its namespaces of keys and values, all of them shared ones. Default: none.
    pub kv: Option<KvConfig>,
    /// How long it may be idle. Default: 5 minutes.
    pub lease: Duration,
    /// How long it may exist, however it is used. Default: 1 hour.
    pub lifetime: Duration,
    /// How long its runs may take together. Default: 5 minutes.
    pub time_budget: Duration,
    /// What its runs may cost together; `None`: no limit. The run that reaches it is not stopped.
    pub cost_budget: Option<NanoDollars>,
    /// Who opens it. It is kept with its executions, and host functions get it.
    pub caller: Option<CallerLabel>,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            limits: RunLimits::default(),
            egress: EgressRules::nothing(),
            bindings: Vec::new(),
            kv: None,
            lease: Duration::from_secs(300),
            lifetime: Duration::from_secs(3600),
            time_budget: Duration::from_secs(300),
            cost_budget: None,
            caller: None,
        }
    }
}

impl SessionConfig {
    /// Sets how long each run may take, and the memory of the isolate.
    #[must_use]
    pub const fn limits(mut self, limits: RunLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the bindings that its code may use.
    #[must_use]
    pub fn bindings<S: Into<Arc<str>>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.bindings = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how long it may be idle.
    #[must_use]
    pub const fn lease(mut self, time: Duration) -> Self {
        self.lease = time;
        self
    }

    /// Sets how long it may exist.
    #[must_use]
    pub const fn lifetime(mut self, time: Duration) -> Self {
        self.lifetime = time;
        self
    }

    /// Sets how long its runs may take together.
    #[must_use]
    pub const fn time_budget(mut self, time: Duration) -> Self {
        self.time_budget = time;
        self
    }

    /// Sets what its runs may cost together.
    #[must_use]
    pub const fn cost_budget(mut self, cost: NanoDollars) -> Self {
        self.cost_budget = Some(cost);
        self
    }

    /// Sets who opens it.
    #[must_use]
    pub fn caller(mut self, caller: CallerLabel) -> Self {
        self.caller = Some(caller);
        self
    }
}

/// Code to run in a session.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionRun {
    /// The code, in one of the forms of functions.
    pub code: String,
    /// The language of the code; `None`: the compiler finds out.
    pub language: Option<Language>,
    /// What the code is called with. Default: `{}`.
    pub input: Json,
}

impl SessionRun {
    /// Code that is called with `{}`.
    pub fn new(code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            language: None,
            input: Json::empty_object(),
        }
    }

    /// Sets the language of the code.
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
}

/// A session as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its id.
    pub id: SessionId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends if it is not used, or else at the latest.
    pub expires_at: Timestamp,
    /// Whether code runs in it.
    pub running: bool,
    /// How many runs have ended.
    pub runs: u64,
    /// How long they took together.
    pub time_used: Duration,
    /// What they cost together.
    pub cost: NanoDollars,
    /// Who opened it.
    pub caller: Option<CallerLabel>,
}

/// See [`Platform::sessions`].
#[derive(Clone, Copy)]
pub struct Sessions<'a> {
    platform: &'a Platform,
}

impl Platform {
    /// Isolates that keep their globals between runs, for agents that work step by step. Each run is
    /// an execution with its price. A session lives on this platform only, and ends with it; at most
    /// [`max_sessions`](crate::options::PlatformOptions::max_sessions) exist at a time.
    ///
    /// ```
    /// use faas_core::Platform;
    /// use faas_core::platform::{SessionConfig, SessionRun};
    ///
    /// # #[cfg(feature = "quickjs")]
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), faas_core::Error> {
    /// let platform = Platform::builder().build().await?;
    /// let sessions = platform.sessions();
    /// let session = sessions.open(SessionConfig::default())?.id;
    /// sessions.run(session, SessionRun::new("globalThis.n = 20")).await?;
    /// let done = sessions.run(session, SessionRun::new("return globalThis.n + 1")).await?;
    /// assert_eq!(done.output.as_ref().map(|output| output.as_str()), Some("21"));
    /// sessions.close(session)?;
    /// # platform.shutdown().await;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "quickjs"))]
    /// # fn main() {}
    /// ```
    pub const fn sessions(&self) -> Sessions<'_> {
        Sessions { platform: self }
    }
}

impl Sessions<'_> {
    /// Opens a session. Its isolate is made by the first run.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it asks for what the platform does not have or allow;
    /// [`Conflict::TooManySessions`](crate::error::Conflict::TooManySessions).
    pub fn open(&self, mut config: SessionConfig) -> Result<SessionInfo, Error> {
        check_caller(config.caller.as_ref())?;
        let engine = &self.platform.engine().0;
        let book = &engine.price_book;
        let least = Tier::ALL
            .into_iter()
            .map(|tier| book.tier(tier).memory_mb)
            .min();
        let least = least.unwrap_or_default();
        let memory = *config.limits.memory.get_or_insert(least);
        // The tier of each run depends on its code, and all of them must give as much.
        if memory > least {
            return Err(Error::Invalid(format!(
                "memory is {memory} MiB: a session can have 1 to {least} MiB"
            )));
        }
        for (name, time) in [
            ("lease", config.lease),
            ("lifetime", config.lifetime),
            ("time budget", config.time_budget),
        ] {
            if time < Duration::from_millis(1) || time > MOST_TIME {
                let (millis, most) = (time.as_millis(), MOST_TIME.as_millis());
                return Err(Error::Invalid(format!(
                    "the {name} is {millis} ms: expected 1 to {most} ms"
                )));
            }
        }
        // What is wrong with the rest is wrong with each run.
        let script = script(&config, SessionRun::new("return"), config.limits.timeout);
        script.function(engine)?;
        self.registry().open(self.platform.engine(), config)
    }

    /// Runs code in a session and waits for its end. The execution is stored when this returns. If
    /// the future is dropped, the execution is cancelled, which ends the session.
    ///
    /// The session also ends when its isolate cannot be used any more, because the code timed out or
    /// ran out of memory, and when its budget is used up.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such session, or not any more;
    /// [`Conflict::SessionBusy`](crate::error::Conflict::SessionBusy) while other code runs in it; and
    /// as [`Platform::run`].
    pub async fn run(&self, id: SessionId, run: SessionRun) -> Result<Arc<Execution>, Error> {
        let engine = self.platform.engine();
        let turn = self.registry().begin(id)?;
        let session = turn.session();
        let mut script = script(&session.config, run, turn.time_left());
        let input = std::mem::replace(&mut script.input, Json::null());
        let request = Request::once(input, session.config.caller.clone());
        let loaded = script.function(&engine.0).and_then(|function| {
            let isolate = Some(session.isolate.clone());
            engine.0.registry.script(function, isolate)
        });
        let done = match loaded {
            Ok(loaded) => tokio::select! {
                done = engine.run(loaded, request) => done,
                () = session.ended() => return Err(registry::not_found()),
            },
            Err(error) => Err(error),
        };
        turn.end(done.as_deref().ok());
        done
    }

    /// The session with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none, or not any more.
    pub fn get(&self, id: SessionId) -> Result<SessionInfo, Error> {
        self.registry().info(id)
    }

    /// All sessions, the oldest first.
    pub fn list(&self) -> Vec<SessionInfo> {
        self.registry().infos()
    }

    /// Ends a session, and cancels what runs in it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none, or not any more.
    pub fn close(&self, id: SessionId) -> Result<(), Error> {
        self.registry().close(id)
    }

    fn registry(&self) -> &Arc<Registry> {
        &self.platform.inner.sessions
    }
}

/// What a session runs, for at most `time`.
fn script(config: &SessionConfig, run: SessionRun, time: Duration) -> Script {
    let mut script = Script::new(run.code).input(run.input);
    script.language = run.language;
    script.limits = config.limits.clone();
    script.limits.timeout = script.limits.timeout.min(time);
    script.egress.clone_from(&config.egress);
    script.bindings.clone_from(&config.bindings);
    script.kv.clone_from(&config.kv);
    script
}
