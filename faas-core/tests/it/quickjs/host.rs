//! A host that records what a call does, and has a binding named `test`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use faas_core::model::{FunctionId, Json};
use faas_core::runtime::{
    BindingNames, Call, CallHost, HostAnswer, HostError, HostRequest, Payload, Program,
};
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};

use super::rig::Rig;

/// The functions of the binding.
const FUNCTIONS: [&str; 6] = ["echo", "later", "fail", "hold", "never", "bytes"];

pub(super) struct TestHost {
    events: Mutex<Vec<&'static str>>,
    changed: Notify,
    /// How many more times a call may go on, if that is limited.
    pub(super) turns: Semaphore,
    /// For how long each call has waited for its instance.
    pub(super) paused: Duration,
    /// How many more calls of `hold` return.
    pub(super) released: Semaphore,
    /// The calls of `hold` and `never` that run, and the most at a time.
    running: AtomicUsize,
    most: AtomicUsize,
    /// The arguments, as they came.
    pub(super) arguments: Mutex<Vec<Payload>>,
}

impl TestHost {
    /// A host that gives each call its instance at once.
    pub(super) fn new() -> Arc<Self> {
        Self::with(Semaphore::MAX_PERMITS, Duration::ZERO)
    }

    /// A host that lets calls go on `turns` times, each after waiting for `paused`.
    pub(super) fn with(turns: usize, paused: Duration) -> Arc<Self> {
        Arc::new(Self {
            events: Mutex::default(),
            changed: Notify::new(),
            turns: Semaphore::new(turns),
            paused,
            released: Semaphore::new(0),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            arguments: Mutex::default(),
        })
    }

    /// Makes a call with this host and its binding.
    pub(super) fn call(
        self: &Arc<Self>,
        rig: &Rig,
        function: FunctionId,
        program: &Program,
        input: &str,
    ) -> Call {
        let names = FUNCTIONS.map(Arc::from);
        Call {
            bindings: Arc::new([BindingNames {
                name: "test".into(),
                functions: Arc::new(names),
            }]),
            host: self.clone(),
            ..rig.make_call(function, program, input)
        }
    }

    fn record(&self, event: &'static str) {
        self.events.lock().push(event);
        self.changed.notify_waiters();
    }

    /// Returns how often this has happened.
    pub(super) fn count(&self, event: &str) -> usize {
        let events = self.events.lock();
        events.iter().filter(|happened| **happened == event).count()
    }

    pub(super) fn events(&self) -> Vec<&'static str> {
        self.events.lock().clone()
    }

    /// Returns the most calls of `hold` and `never` at a time.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Waits until this has happened.
    pub(super) async fn happens(&self, event: &str) {
        self.happens_times(event, 1).await;
    }

    pub(super) async fn happens_times(&self, event: &str, times: usize) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.count(event) >= times {
                return;
            }
            changed.await;
        }
    }
}

/// A host function that has not returned.
struct Unfinished<'a>(&'a TestHost);

impl<'a> Unfinished<'a> {
    fn new(host: &'a TestHost) -> Self {
        let running = host.running.fetch_add(1, Ordering::Relaxed) + 1;
        host.most.fetch_max(running, Ordering::Relaxed);
        Self(host)
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
        self.0.record("unfinished");
    }
}

#[async_trait]
impl CallHost for TestHost {
    fn wait(&self) -> bool {
        self.record("wait");
        true
    }

    async fn resume(&self) -> Duration {
        let turn = self.turns.acquire().await.unwrap();
        turn.forget();
        self.record("resume");
        self.paused
    }

    async fn call(&self, request: HostRequest) -> HostAnswer {
        let HostRequest::Call {
            binding,
            function,
            argument,
        } = request
        else {
            panic!("{request:?}: none of these functions has streams")
        };
        assert_eq!(&*binding, "test");
        self.arguments.lock().push(argument.clone());
        match &*function {
            "echo" => {
                self.record("echo");
                Ok(argument)
            }
            "later" => {
                self.record("later");
                tokio::task::yield_now().await;
                Ok(argument)
            }
            "fail" => {
                self.record("fail");
                Err(HostError::new("OUT_OF_STOCK", "nothing is left"))
            }
            "hold" => {
                self.record("hold");
                let unfinished = Unfinished::new(self);
                let released = self.released.acquire().await.unwrap();
                released.forget();
                std::mem::forget(unfinished);
                self.running.fetch_sub(1, Ordering::Relaxed);
                Ok(argument)
            }
            "never" => {
                self.record("never");
                let _unfinished = Unfinished::new(self);
                std::future::pending().await
            }
            "bytes" => {
                self.record("bytes");
                let Payload::Json(length) = argument else {
                    return Err(HostError::new("ERR_ARGUMENT", "the argument is a number"));
                };
                let length: usize = Json::to(&length).unwrap();
                Ok(Payload::Bytes(vec![7; length].into()))
            }
            other => panic!("{other} was not given"),
        }
    }
}
