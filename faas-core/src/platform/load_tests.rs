//! Running load tests: tasks that call the function, and one that reports.
//!
//! Each second the result so far is stored and published, so that it is known up to the moment at
//! which the platform dies.
//!
//! A test of a function without history begins with a few calls one after the other, which are part
//! of its result. Its estimate is then made from these.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::{EstimateRequest, Platform};
use crate::cost::Estimate;
use crate::engine::Engine;
use crate::error::{Conflict, Error, Resource};
use crate::load_test::{NewLoadTest, Template};
use crate::model::{
    FunctionId, FunctionStatus, LoadEstimate, LoadResult, LoadTest, LoadTestId, LoadTestStatus,
};
use crate::store::LoadTestQuery;

mod calls;

use self::calls::run;

/// A test that was not written for so long has lost its platform.
const SILENCE: Duration = Duration::from_secs(15);

/// The tests that this platform runs.
#[derive(Default)]
pub(crate) struct Running {
    tests: Mutex<HashMap<FunctionId, (LoadTestId, CancellationToken)>>,
}

impl Running {
    /// The status of a test that this platform runs; `None` for any other.
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

    /// What a test will probably do and cost. With [`Basis::Default`](crate::model::Basis::Default) the
    /// function has no history: the amounts may be far off, and a test begins with a few calls to
    /// estimate from.
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
        Ok(expected(new, &one, self.platform.engine()))
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
            input: new.input.clone(),
            status: LoadTestStatus::Running,
            created_at: now,
            updated_at: now,
            ended_at: None,
            estimate,
            result: LoadResult::default(),
        };
        engine.0.store.put_load_test(&test).await?;
        tokio::spawn(run(engine, place, test.clone(), function.tier));
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

    /// Finds out whether a test that has not ended still has a platform that runs it.
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

/// What a test will do, when each call is as `one`.
fn expected(new: &NewLoadTest, one: &Estimate, engine: &Engine) -> LoadEstimate {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    new.estimate(one, engine.0.options.instances_per_function(), processors)
}
