//! What the engine does for a call while it runs: gives its instance to others while its code waits,
//! and answers its host calls.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Engine;
use super::host_calls::{self, HostCalls};
use super::host_streams;
use super::instances::Slot;
use super::job::Loaded;
use crate::bindings::HostCall;
use crate::model::CallerLabel;
use crate::runtime::{CallContext, CallHost, HostAnswer, HostRequest};

/// The engine's side of one call. The runtime keeps it until the code has really ended.
pub(super) struct EngineHost {
    pub(super) engine: Engine,
    pub(super) slot: Arc<Slot>,
    pub(super) host_calls: Arc<HostCalls>,
    pub(super) function: Arc<Loaded>,
    pub(super) context: Arc<CallContext>,
    pub(super) caller: Option<CallerLabel>,
}

#[async_trait]
impl CallHost for EngineHost {
    fn wait(&self) -> bool {
        let is_suspended = self.engine.0.queue.suspend(&self.slot.hold);
        if is_suspended {
            self.engine.dispatch();
        }
        is_suspended
    }

    async fn resume(&self) -> Duration {
        let queue = &self.engine.0.queue;
        if !queue.resume(&self.slot.hold) {
            return Duration::ZERO;
        }
        self.slot.begin_wait(&self.engine);
        self.engine.dispatch();
        self.slot.hold.resumed().await;
        self.slot.end_wait(&self.engine)
    }

    async fn call(&self, request: HostRequest) -> HostAnswer {
        let (engine, calls) = (&self.engine, &self.host_calls);
        match request {
            HostRequest::Call {
                binding,
                function,
                argument,
            } => {
                let version = self.function.function.version;
                let call = HostCall::of(&self.context, version, self.caller.clone());
                let given = &self.function.bindings;
                let name = (&*binding, &*function);
                host_calls::call(engine, calls, given, call, name, argument).await
            }
            HostRequest::Stream { stream, action } => {
                host_streams::act(engine, calls, stream, action).await
            }
        }
    }
}

impl Drop for EngineHost {
    fn drop(&mut self) {
        if self.slot.is_abandoned() {
            self.engine.0.instances.came_back(self.context.function_id);
        }
    }
}
