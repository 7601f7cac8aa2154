//! The sessions that exist, and when each ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::{SessionConfig, SessionInfo};
use crate::clock::Clock;
use crate::engine::{Engine, SessionIsolate};
use crate::error::{Conflict, Error, Resource};
use crate::model::{Execution, NanoDollars, SessionId, Timestamp};
use crate::options::PlatformOptions;

/// All sessions of a platform.
#[derive(Default)]
pub(in crate::platform) struct Registry {
    sessions: Mutex<BTreeMap<SessionId, Arc<Session>>>,
}

/// A session that has not ended.
pub(super) struct Session {
    id: SessionId,
    pub(super) config: SessionConfig,
    pub(super) isolate: Arc<SessionIsolate>,
    clock: Arc<dyn Clock>,
    created_at: Timestamp,
    /// When it was opened, on the monotonic clock.
    opened: Duration,
    state: Mutex<State>,
    ended: CancellationToken,
}

struct State {
    is_running: bool,
    /// When it was opened or its last run ended, on the monotonic clock.
    last_used: Duration,
    runs: u64,
    time_used: Duration,
    cost: NanoDollars,
}

impl Registry {
    /// Opens a session, and starts the task that ends it in time.
    pub(super) fn open(
        self: &Arc<Self>,
        engine: &Engine,
        config: SessionConfig,
    ) -> Result<SessionInfo, Error> {
        let shared = &engine.0;
        let (created_at, opened) = (shared.clock.now(), shared.clock.monotonic());
        let session = Arc::new(Session {
            id: shared.ids.session(created_at),
            config,
            isolate: Arc::default(),
            clock: shared.clock.clone(),
            created_at,
            opened,
            state: Mutex::new(State {
                is_running: false,
                last_used: opened,
                runs: 0,
                time_used: Duration::ZERO,
                cost: NanoDollars::ZERO,
            }),
            ended: CancellationToken::new(),
        });
        self.add(session.clone(), &shared.options)?;
        let (registry, stopping) = (self.clone(), shared.stopping.clone());
        let expiring = session.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = expiring.expired() => {}
                () = expiring.ended() => {}
                () = stopping.cancelled() => {}
            }
            registry.remove(&expiring);
        });
        Ok(session.info())
    }

    fn add(&self, session: Arc<Session>, options: &PlatformOptions) -> Result<(), Error> {
        let mut sessions = self.sessions.lock();
        let limit = options.max_sessions;
        if sessions.len() >= limit {
            return Err(Conflict::TooManySessions { limit }.into());
        }
        if let Some(caller) = &session.config.caller {
            let is_theirs = |other: &&Arc<Session>| {
                let other = other.config.caller.as_ref();
                other.is_some_and(|other| other.id == caller.id)
            };
            let limit = options.max_sessions_per_caller;
            if sessions.values().filter(is_theirs).count() >= limit {
                return Err(Conflict::TooManySessions { limit }.into());
            }
        }
        sessions.insert(session.id, session);
        Ok(())
    }

    fn get(&self, id: SessionId) -> Result<Arc<Session>, Error> {
        self.sessions.lock().get(&id).cloned().ok_or_else(not_found)
    }

    fn remove(&self, session: &Session) {
        self.sessions.lock().remove(&session.id);
        session.ended.cancel();
        session.isolate.close();
    }

    /// Begins a run in a session.
    pub(super) fn begin(self: &Arc<Self>, id: SessionId) -> Result<Turn, Error> {
        let session = self.get(id)?;
        let mut state = session.state.lock();
        if state.is_running {
            return Err(Conflict::SessionBusy.into());
        }
        let now = session.clock.monotonic();
        let of_budget = session.config.time_budget.saturating_sub(state.time_used);
        let time_left = of_budget.min(session.hard_end().saturating_sub(now));
        if time_left.is_zero() {
            drop(state);
            self.remove(&session);
            return Err(not_found());
        }
        state.is_running = true;
        drop(state);
        Ok(Turn {
            registry: self.clone(),
            session,
            // A run needs a millisecond at least.
            time_left: time_left.max(Duration::from_millis(1)),
            has_ended: false,
        })
    }

    pub(super) fn info(&self, id: SessionId) -> Result<SessionInfo, Error> {
        Ok(self.get(id)?.info())
    }

    pub(super) fn infos(&self) -> Vec<SessionInfo> {
        let sessions = self.sessions.lock();
        sessions.values().map(|session| session.info()).collect()
    }

    pub(super) fn close(&self, id: SessionId) -> Result<(), Error> {
        let session = self.get(id)?;
        self.remove(&session);
        Ok(())
    }
}

impl Session {
    /// Waits until the session has ended.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Waits until its lease or its lifetime is over.
    async fn expired(&self) {
        loop {
            let due = self.due();
            if due <= self.clock.monotonic() {
                return;
            }
            self.clock.sleep_until(due).await;
        }
    }

    /// When it ends at the latest, on the monotonic clock.
    fn hard_end(&self) -> Duration {
        self.opened.saturating_add(self.config.lifetime)
    }

    /// When it ends if nothing changes, on the monotonic clock. A run ends by the hard end.
    fn due(&self) -> Duration {
        let state = self.state.lock();
        let lease_end = state.last_used.saturating_add(self.config.lease);
        if state.is_running {
            // The end of the run begins another lease.
            let now = self.clock.monotonic();
            return lease_end.max(now + self.config.lease).min(self.hard_end());
        }
        lease_end.min(self.hard_end())
    }

    fn info(&self) -> SessionInfo {
        let due = self.due().saturating_sub(self.opened);
        let state = self.state.lock();
        SessionInfo {
            id: self.id,
            created_at: self.created_at,
            expires_at: self.created_at + due,
            running: state.is_running,
            runs: state.runs,
            time_used: state.time_used,
            cost: state.cost,
            caller: self.config.caller.clone(),
        }
    }
}

/// One run in a session. If it is dropped before [`Self::end`], the session ends.
pub(super) struct Turn {
    registry: Arc<Registry>,
    session: Arc<Session>,
    time_left: Duration,
    has_ended: bool,
}

impl Turn {
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// How long the run may take.
    pub(super) const fn time_left(&self) -> Duration {
        self.time_left
    }

    /// The run has ended, or was refused.
    pub(super) fn end(mut self, execution: Option<&Execution>) {
        self.has_ended = true;
        let session = &self.session;
        let mut state = session.state.lock();
        state.is_running = false;
        state.last_used = session.clock.monotonic();
        if let Some(execution) = execution {
            state.runs += 1;
            state.time_used += execution.duration;
            state.cost += execution.cost.total();
        }
        let config = &session.config;
        let is_spent = state.time_used >= config.time_budget
            || (config.cost_budget).is_some_and(|budget| state.cost >= budget);
        drop(state);
        if is_spent || !session.isolate.is_usable() {
            self.registry.remove(session);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.has_ended {
            self.registry.remove(&self.session);
        }
    }
}

pub(super) fn not_found() -> Error {
    Error::NotFound(Resource::Session)
}
