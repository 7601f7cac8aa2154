//! What the engine does for a call while it runs: gives its instance to others while its code waits.

use std::time::Duration;

use async_trait::async_trait;

use std::sync::Arc;

use super::Engine;
use super::instances::Slot;
use crate::model::FunctionId;
use crate::runtime::{CallHost, HostAnswer, HostError, HostRequest};

/// The engine's side of one call. The runtime keeps it until the code has really ended.
pub(super) struct EngineHost {
    engine: Engine,
    slot: Arc<Slot>,
    function: FunctionId,
}

impl EngineHost {
    pub(super) const fn new(engine: Engine, slot: Arc<Slot>, function: FunctionId) -> Self {
        Self {
            engine,
            slot,
            function,
        }
    }
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
        let HostRequest {
            binding, function, ..
        } = request;
        Err(HostError::new(
            "ERR_UNKNOWN_HOST_FUNCTION",
            format!("this host has no function {binding}.{function}"),
        ))
    }
}

impl Drop for EngineHost {
    fn drop(&mut self) {
        if self.slot.is_abandoned() {
            self.engine.0.instances.came_back(self.function);
        }
    }
}
