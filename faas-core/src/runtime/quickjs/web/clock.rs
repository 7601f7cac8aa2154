//! The clock of performance measurements.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rquickjs::{Ctx, Function, Object};

use super::Host;
use crate::model::Timestamp;
use crate::runtime::quickjs::call_state::Current;

/// The time origin: on the monotonic clock, and by the wall clock.
type Origin = (Duration, Timestamp);

/// The clock of one isolate. Its time origin is the start of the first call that reads it. So the
/// forks of an isolate do not share the origin.
#[derive(Clone)]
struct PerformanceClock {
    current: Arc<Current>,
    origin: Arc<Mutex<Option<Origin>>>,
}

impl PerformanceClock {
    /// Returns the monotonic time and the origin; `None` outside of calls.
    fn read(&self) -> Option<(Duration, Origin)> {
        let call = self.current.get()?;
        let origin = *self.origin.lock().get_or_insert_with(|| call.started());
        Some((call.monotonic(), origin))
    }

    /// Returns the milliseconds since the time origin, in steps of 5 µs, as the standard asks for.
    fn now(&self) -> f64 {
        self.read().map_or(0.0, |(now, (origin, _))| {
            (now.saturating_sub(origin).as_micros() / 5) as f64 / 200.0
        })
    }

    /// Returns the time origin in milliseconds since 1970.
    fn time_origin(&self) -> f64 {
        self.read()
            .map_or(0.0, |(_, (_, origin))| origin.as_millis() as f64)
    }
}

pub(super) fn native<'js>(ctx: &Ctx<'js>, host: &Host) -> rquickjs::Result<Object<'js>> {
    let clock = PerformanceClock {
        current: host.current.clone(),
        origin: Arc::default(),
    };
    let native = Object::new(ctx.clone())?;
    let read = clock.clone();
    native.set("now", Function::new(ctx.clone(), move || read.now())?)?;
    native.set(
        "timeOrigin",
        Function::new(ctx.clone(), move || clock.time_origin())?,
    )?;
    Ok(native)
}
