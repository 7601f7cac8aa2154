//! The isolate of a session: code of several runs uses it, one run after the other.

use std::fmt;

use parking_lot::Mutex;

use crate::runtime::Instance;

/// An isolate whose globals stay between runs.
#[derive(Default)]
pub(crate) struct SessionIsolate(Mutex<Place>);

#[derive(Default)]
enum Place {
    /// The first run gets a new one.
    #[default]
    New,
    /// Between two runs.
    Idle(Box<dyn Instance>),
    /// A run uses it.
    Used,
    /// A run has broken it, or the session has ended.
    Gone,
}

/// What a run of a session gets.
pub(super) enum Taken {
    /// The isolate of the runs before.
    Isolate(Box<dyn Instance>),
    /// There is none yet.
    None,
    /// There is none any more.
    Gone,
}

impl fmt::Debug for SessionIsolate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionIsolate")
    }
}

impl SessionIsolate {
    /// Takes the isolate for a run. Until [`Self::put`], nobody else gets it.
    pub(super) fn take(&self) -> Taken {
        let mut place = self.0.lock();
        match std::mem::replace(&mut *place, Place::Used) {
            Place::New => Taken::None,
            Place::Idle(instance) => Taken::Isolate(instance),
            Place::Used | Place::Gone => {
                *place = Place::Gone;
                Taken::Gone
            }
        }
    }

    /// Puts the isolate back after a run; `None` if the run has broken it.
    pub(super) fn put(&self, instance: Option<Box<dyn Instance>>) {
        let mut place = self.0.lock();
        *place = match (instance, &*place) {
            (Some(instance), Place::Used) => Place::Idle(instance),
            _ => Place::Gone,
        };
    }

    /// Returns whether another run can use it. No run must be under way.
    pub(crate) fn is_usable(&self) -> bool {
        matches!(*self.0.lock(), Place::New | Place::Idle(_))
    }

    /// Drops the isolate, now or when its run has ended.
    pub(crate) fn close(&self) {
        let idle = std::mem::replace(&mut *self.0.lock(), Place::Gone);
        drop(idle);
    }
}
