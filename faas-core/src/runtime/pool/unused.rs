//! An isolate for the tests of the pool, which run no calls.

use std::time::Duration;

use super::Isolate;
use crate::runtime::step::{Ended, HostReply, Step};
use crate::runtime::{Call, StopReason};

/// An isolate that runs no calls and has the given size.
#[derive(Debug)]
pub(super) struct Blank {
    pub(super) bytes: usize,
    pub(super) alive: bool,
}

impl Isolate for Blank {
    type Program = ();

    async fn start(&mut self, _: &Call, _: bool) -> Step {
        unreachable!("this test runs no calls")
    }

    async fn resume(&mut self, _: &Call, _: Duration, _: Vec<HostReply>) -> Step {
        unreachable!("this test runs no calls")
    }

    async fn stop(&mut self, _: &Call, _: StopReason) -> Ended {
        unreachable!("this test runs no calls")
    }

    async fn disturbed(&mut self) {
        unreachable!("this test runs no calls")
    }

    async fn end_disturbed(&mut self, _: &Call) -> Ended {
        unreachable!("this test runs no calls")
    }

    fn cpu_time(&self) -> Duration {
        Duration::ZERO
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn is_alive(&self) -> bool {
        self.alive
    }
}

pub(super) const BLANK: Blank = Blank {
    bytes: 100,
    alive: true,
};
