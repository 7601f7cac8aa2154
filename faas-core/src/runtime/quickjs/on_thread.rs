//! An isolate of this process, as the pool uses it: its steps run on [`Threads`].

use std::future;
use std::sync::Arc;
use std::time::Duration;

use super::threads::Threads;
use crate::runtime::pool::Isolate;
use crate::runtime::step::{Ended, HostReply, JsEngine, Step};
use crate::runtime::{Call, StopReason, cpu};

/// An isolate and the threads for its steps.
#[derive(Debug)]
pub(super) struct OnThread<E> {
    /// `None` while a step runs, and after one that was abandoned: the isolate is then dropped on
    /// the thread on which it ran, when it ends.
    engine: Option<E>,
    threads: Arc<Threads>,
    /// Of the last call.
    cpu_time: Duration,
}

impl<E: JsEngine> OnThread<E> {
    pub(super) fn new(engine: E, threads: Arc<Threads>) -> Self {
        Self {
            engine: Some(engine),
            threads,
            cpu_time: Duration::ZERO,
        }
    }

    /// Runs a step. The call is kept until it has really ended, also if this future is dropped.
    async fn step(
        &mut self,
        call: &Call,
        run: impl FnOnce(&mut E, Call) -> Step + Send + 'static,
    ) -> Step {
        let Some(mut engine) = self.engine.take() else {
            return Step::Done(Ended::platform("the isolate is lost"));
        };
        let call = call.clone();
        let ran = self.threads.run(move || {
            let before = cpu::of_this_thread();
            let host = call.host.clone();
            let step = run(&mut engine, call);
            let used = cpu::of_this_thread().saturating_sub(before);
            // In this order: if the call was abandoned, its host goes after the isolate.
            (engine, step, used, host)
        });
        match ran.await {
            Ok((engine, step, used, _)) => {
                self.engine = Some(engine);
                self.cpu_time += used;
                step
            }
            Err(error) => Step::Done(Ended::platform(error.to_string())),
        }
    }
}

impl<E: JsEngine> Isolate for OnThread<E> {
    type Program = E::Program;

    async fn start(&mut self, call: &Call, loads: bool) -> Step {
        self.cpu_time = Duration::ZERO;
        self.step(call, move |engine, call| engine.start(call, loads))
            .await
    }

    async fn resume(&mut self, call: &Call, paused: Duration, replies: Vec<HostReply>) -> Step {
        self.step(call, move |engine, _| engine.resume(paused, replies))
            .await
    }

    async fn stop(&mut self, _: &Call, reason: StopReason) -> Ended {
        match &mut self.engine {
            Some(engine) => engine.stop(reason),
            None => Ended::platform("the isolate is lost"),
        }
    }

    fn disturbed(&mut self) -> impl Future<Output = ()> + Send {
        future::pending()
    }

    async fn end_disturbed(&mut self, _: &Call) -> Ended {
        Ended::platform("the isolate is lost")
    }

    fn cpu_time(&self) -> Duration {
        self.cpu_time
    }

    fn bytes(&self) -> usize {
        self.engine.as_ref().map_or(0, JsEngine::bytes)
    }
}
