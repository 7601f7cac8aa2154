//! Running a load test: callers, and a task that watches them.
//!
//! The result so far is stored and published each second, so that it survives if the platform ends.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{EstimateRequest, Platform};
use crate::engine::Engine;
use crate::error::{Conflict, Error, Resource};
use crate::events::EventKind;
use crate::load_test::{NewLoadTest, Tally, Template};
use crate::model::{
    FunctionId, FunctionStatus, LoadEstimate, LoadResult, LoadTest, LoadTestId, LoadTestStatus,
};
use crate::store::LoadTestQuery;

/// How often the result is stored and published.
const LOOK: Duration = Duration::from_secs(1);
/// How long a caller waits after it was refused.
const PAUSE: Duration = Duration::from_millis(100);
/// After this time without a write, the platform that ran a test is taken for dead.
const SILENCE: Duration = Duration::from_secs(15);
/// The most scaling events in a result.
const SCALING_EVENTS: usize = 1_000;

/// The tests that this platform runs.
#[derive(Default)]
pub(crate) struct Running {
    tests: Mutex<HashMap<FunctionId, (LoadTestId, CancellationToken)>>,
}

impl Running {
    /// The state of a test that this platform runs; `None` for any other.
    fn status(&self, test: &LoadTest) -> Option<LoadTestStatus> {
        let tests = self.tests.lock();
        let (_, stop) = tests
            .get(&test.function_id)
            .filter(|(id, _)| *id == test.id)?;
        Some(if stop.is_cancelled() {
            LoadTestStatus::Stopping
        } else {
            LoadTestStatus::Running
        })
    }
}

/// Reserves a function for one running test until it is dropped.
struct Place {
    running: Arc<Running>,
    function: FunctionId,
    stop: CancellationToken,
}

impl Place {
    fn take(running: &Arc<Running>, function: FunctionId, id: LoadTestId) -> Result<Self, Error> {
        let mut tests = running.tests.lock();
        if tests.contains_key(&function) {
            return Err(taken());
        }
        let stop = CancellationToken::new();
        tests.insert(function, (id, stop.clone()));
        Ok(Self {
            running: running.clone(),
            function,
            stop,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.running.tests.lock().remove(&self.function);
    }
}

fn taken() -> Error {
    Conflict::LoadTestRunning.into()
}

/// See [`Platform::load_tests`].
#[derive(Clone, Copy)]
pub struct LoadTests<'a> {
    platform: &'a Platform,
}

impl<'a> LoadTests<'a> {
    pub(crate) const fn new(platform: &'a Platform) -> Self {
        Self { platform }
    }

    /// Estimates what a test will do and cost.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NotFound`]
    pub async fn estimate(&self, new: &NewLoadTest) -> Result<LoadEstimate, Error> {
        new.check()?;
        let request = EstimateRequest {
            function: new.function,
            input: Some(Template::new(&new.input).render(0)),
            duration: None,
        };
        let one = self.platform.costs().estimate(&request).await?;
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let max_instances = self.platform.options().max_instances;
        Ok(new.estimate(&one, max_instances, processors))
    }

    /// Starts a test and returns as soon as it is stored.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NotFound`], [`Error::Inactive`], or
    /// [`Conflict::LoadTestRunning`].
    pub async fn start(&self, new: NewLoadTest) -> Result<LoadTest, Error> {
        let estimate = self.estimate(&new).await?;
        let function = self.platform.functions().get(new.function).await?;
        if function.status != FunctionStatus::Active {
            return Err(Error::Inactive);
        }
        let engine = self.platform.engine().clone();
        let now = engine.0.clock.now();
        let id = engine.0.ids.load_test(now);
        let place = Place::take(self.platform.running_load_tests(), new.function, id)?;
        let query = LoadTestQuery {
            function: Some(new.function),
            limit: 1,
        };
        if let Some(latest) = self.list(&query).await?.pop()
            && !latest.status.is_terminal()
        {
            // It runs on another server.
            return Err(taken());
        }
        let test = LoadTest {
            id,
            function_id: new.function,
            function_name: function.name.to_string(),
            concurrency: new.concurrency,
            duration: new.duration,
            rate: new.rate,
            input: new.input,
            status: LoadTestStatus::Running,
            created_at: now,
            updated_at: now,
            ended_at: None,
            estimate,
            result: LoadResult::default(),
        };
        engine.0.store.put_load_test(&test).await?;
        tokio::spawn(run(engine, place, test.clone()));
        Ok(test)
    }

    /// The test with this id. Its result is at most a second old.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn get(&self, id: LoadTestId) -> Result<LoadTest, Error> {
        let found = self.platform.engine().0.store.load_test(id).await?;
        self.as_it_is(found.ok_or(Error::NotFound(Resource::LoadTest))?)
            .await
    }

    /// Tests, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be reached.
    pub async fn list(&self, query: &LoadTestQuery) -> Result<Vec<LoadTest>, Error> {
        let mut tests = self.platform.engine().0.store.load_tests(query).await?;
        for test in &mut tests {
            *test = self.as_it_is(test.clone()).await?;
        }
        Ok(tests)
    }

    /// Stops a test: calls under way end, and no more are made.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Conflict::LoadTestEnded`] or [`Conflict::LoadTestElsewhere`].
    pub async fn stop(&self, id: LoadTestId) -> Result<LoadTest, Error> {
        let mut test = self.get(id).await?;
        if test.status.is_terminal() {
            return Err(Conflict::LoadTestEnded(test.status).into());
        }
        let tests = self.platform.running_load_tests().tests.lock();
        match tests.get(&test.function_id) {
            Some((running, stop)) if *running == id => stop.cancel(),
            _ => return Err(Conflict::LoadTestElsewhere.into()),
        }
        drop(tests);
        test.status = LoadTestStatus::Stopping;
        Ok(test)
    }

    /// Checks whether a platform still runs a test that has not ended.
    async fn as_it_is(&self, mut test: LoadTest) -> Result<LoadTest, Error> {
        let engine = self.platform.engine();
        if test.status.is_terminal() {
            return Ok(test);
        }
        if let Some(status) = self.platform.running_load_tests().status(&test) {
            test.status = status;
            return Ok(test);
        }
        let may_run_elsewhere = engine.0.store.as_shared().is_some();
        if may_run_elsewhere && engine.0.clock.now().since(test.updated_at) < SILENCE {
            return Ok(test);
        }
        // It may have ended in the meantime.
        let latest = engine.0.store.load_test(test.id).await?;
        if let Some(latest) = latest.filter(|latest| latest.status.is_terminal()) {
            return Ok(latest);
        }
        test.status = LoadTestStatus::Interrupted;
        test.ended_at = Some(test.updated_at);
        engine.0.store.put_load_test(&test).await?;
        Ok(test)
    }
}

/// What the callers share.
struct Calls {
    engine: Engine,
    function: FunctionId,
    template: Template,
    rate: Option<f64>,
    /// On the monotonic clock.
    begin: Duration,
    duration: Duration,
    stop: CancellationToken,
    next: AtomicU64,
    tally: Mutex<Tally>,
}

/// The task of one test.
async fn run(engine: Engine, place: Place, mut test: LoadTest) {
    let calls = Arc::new(Calls {
        function: test.function_id,
        template: Template::new(&test.input),
        rate: test.rate,
        begin: engine.0.clock.monotonic(),
        duration: test.duration,
        stop: place.stop.clone(),
        next: AtomicU64::new(0),
        tally: Mutex::new(Tally::new()),
        engine: engine.clone(),
    });
    let mut callers = JoinSet::new();
    for _ in 0..test.concurrency {
        callers.spawn(call_on(calls.clone()));
    }
    let ended = async { while callers.join_next().await.is_some() {} };
    tokio::pin!(ended);
    loop {
        tokio::select! {
            () = &mut ended => break,
            () = engine.0.stopping.cancelled() => return,
            () = engine.0.clock.sleep(LOOK) => {}
        }
        if calls.stop.is_cancelled() {
            test.status = LoadTestStatus::Stopping;
        }
        look(&engine, &calls, &mut test).await;
    }
    calls.count_those_not_begun();
    test.status = if calls.stop.is_cancelled() {
        LoadTestStatus::Stopped
    } else {
        LoadTestStatus::Completed
    };
    test.ended_at = Some(engine.0.clock.now());
    look(&engine, &calls, &mut test).await;
}

/// Ends a second: stores and publishes the result so far.
async fn look(engine: &Engine, calls: &Calls, test: &mut LoadTest) {
    let now = engine.0.clock.now();
    let elapsed = engine.0.clock.monotonic().saturating_sub(calls.begin);
    test.result = {
        let mut tally = calls.tally.lock();
        tally.end_second(engine.depth().instances);
        tally.result(elapsed)
    };
    test.updated_at = now;
    let events = engine
        .0
        .store
        .scaling_events(test.created_at, SCALING_EVENTS);
    let stored = match events.await {
        Ok(events) => {
            test.result.scaling_events = events;
            test.result.scaling_events.reverse();
            engine.0.store.put_load_test(test).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = stored {
        tracing::warn!(%error, load_test_id = %test.id, "cannot store a load test");
    }
    let told = Arc::new(test.clone());
    let event = if test.status.is_terminal() {
        EventKind::LoadTestFinished(told)
    } else {
        EventKind::LoadTestProgress(told)
    };
    engine.0.events.publish(now, [event]);
}

/// The task of one caller.
async fn call_on(calls: Arc<Calls>) {
    let clock = &calls.engine.0.clock;
    loop {
        let elapsed = clock.monotonic().saturating_sub(calls.begin);
        if calls.stop.is_cancelled() || elapsed >= calls.duration {
            return;
        }
        let index = calls.next.fetch_add(1, Ordering::Relaxed);
        let due = match calls.due(index) {
            Some(due) if due >= calls.duration => return,
            Some(due) => {
                tokio::select! {
                    () = clock.sleep(due.saturating_sub(elapsed)) => {}
                    () = calls.stop.cancelled() => return,
                }
                due
            }
            None => elapsed,
        };
        let input = calls.template.render(index);
        let outcome = calls.engine.invoke(calls.function, input).await;
        let ended = clock.monotonic().saturating_sub(calls.begin);
        let response_time = ended.saturating_sub(due);
        calls.tally.lock().add(response_time, &outcome);
        if outcome.is_err() {
            tokio::select! {
                () = clock.sleep(PAUSE) => {}
                () = calls.stop.cancelled() => return,
            }
        }
    }
}

impl Calls {
    /// In an open loop, counts the calls that were due and that no caller was free for.
    fn count_those_not_begun(&self) {
        let elapsed = self.engine.0.clock.monotonic().saturating_sub(self.begin);
        let mut tally = self.tally.lock();
        for index in self.next.load(Ordering::Relaxed).. {
            match self.due(index) {
                Some(due) if due < elapsed.min(self.duration) => {
                    tally.add_not_begun(elapsed.saturating_sub(due));
                }
                _ => return,
            }
        }
    }

    /// When the call with this number is due, since the beginning; `None` in a closed loop.
    #[expect(clippy::cast_precision_loss, reason = "a time to the microsecond")]
    fn due(&self, index: u64) -> Option<Duration> {
        let rate = self.rate?;
        Duration::try_from_secs_f64(index as f64 / rate).ok()
    }
}
