//! The runtimes of a platform, by their names.
//!
//! A function names its runtime in `config.runtime`; without a name it uses the first. Each runtime
//! has its own isolates and bounds.

use std::fmt;
use std::sync::Arc;

use crate::error::{CompileError, Error, RuntimeError};
use crate::model::FunctionId;
use crate::runtime::{Runtime, RuntimeStats};

/// The most runtimes of a platform.
const MAX_RUNTIMES: usize = 16;
/// The longest name, in bytes.
const MAX_NAME: usize = 64;

/// A runtime and its name.
pub(crate) struct NamedRuntime {
    pub(crate) name: Arc<str>,
    pub(crate) runtime: Arc<dyn Runtime>,
}

impl fmt::Debug for NamedRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NamedRuntime").field(&self.name).finish()
    }
}

/// The runtimes of a platform: at least one, in the order in which the host added them.
#[derive(Debug)]
pub(crate) struct Runtimes {
    first: Arc<NamedRuntime>,
    others: Vec<Arc<NamedRuntime>>,
}

impl Runtimes {
    /// Checks the names. `first` is what functions use that name none.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a name is wrong or exists twice, or there are too many.
    pub(crate) fn new(first: NamedRuntime, others: Vec<NamedRuntime>) -> Result<Self, Error> {
        let runtimes = Self {
            first: Arc::new(first),
            others: others.into_iter().map(Arc::new).collect(),
        };
        let count = runtimes.others.len() + 1;
        if count > MAX_RUNTIMES {
            return Err(Error::Invalid(format!(
                "there are {count} runtimes: at most {MAX_RUNTIMES} are possible"
            )));
        }
        for (place, name) in runtimes.names().enumerate() {
            let is_allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
            if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_allowed) {
                return Err(Error::Invalid(format!(
                    "{name:?} is no name for a runtime: use 1 to {MAX_NAME} letters, digits, `-` \
                     and `_`"
                )));
            }
            if runtimes.names().take(place).any(|earlier| earlier == name) {
                return Err(Error::Invalid(format!("the runtime {name} exists twice")));
            }
        }
        Ok(runtimes)
    }

    fn all(&self) -> impl Iterator<Item = &Arc<NamedRuntime>> {
        [&self.first].into_iter().chain(&self.others)
    }

    /// The names, that of the default first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.all().map(|named| &*named.name)
    }

    /// The runtime that a function names, or the default.
    ///
    /// # Errors
    /// A message that names the runtimes that exist.
    pub(crate) fn find(&self, name: Option<&str>) -> Result<&Arc<NamedRuntime>, String> {
        let Some(name) = name else {
            return Ok(&self.first);
        };
        self.all()
            .find(|known| &*known.name == name)
            .ok_or_else(|| {
                let known: Vec<&str> = self.names().collect();
                // A name may have any length and any character.
                let shown: String = name.chars().take(MAX_NAME).collect();
                format!("runtime is {shown:?}: expected one of {}", known.join(", "))
            })
    }

    /// The runtime of a function that is to be compiled, as [`Self::find`]. A function whose runtime
    /// does not exist can be read and changed like one whose code does not compile.
    ///
    /// # Errors
    /// [`Error::Compile`]
    pub(super) fn compiler(&self, name: Option<&str>) -> Result<Arc<NamedRuntime>, Error> {
        let found = self.find(name).map_err(|message| {
            Error::Compile(CompileError {
                message,
                line: None,
                column: None,
                temporary: false,
            })
        });
        found.cloned()
    }

    /// Evicts the warm isolates of this function, which may have had another runtime before.
    pub(super) fn forget(&self, function: FunctionId) {
        for named in self.all() {
            named.runtime.forget(function);
        }
    }

    /// Returns the sums of the numbers of isolates.
    pub(super) fn stats(&self) -> RuntimeStats {
        let mut sums = RuntimeStats::default();
        for named in self.all() {
            let stats = named.runtime.stats();
            sums.warm_isolates += stats.warm_isolates;
            sums.warm_bytes += stats.warm_bytes;
            sums.blank_isolates += stats.blank_isolates;
        }
        sums
    }

    /// Returns how many instances each runtime can provide at a time, as far as that is known: all
    /// executions could be of functions of one runtime.
    pub(super) fn capacity(&self) -> Option<usize> {
        self.all()
            .filter_map(|named| named.runtime.capacity())
            .min()
    }

    /// Checks whether each runtime can make the isolate for a call. Blocks.
    ///
    /// # Errors
    /// What the host cannot provide.
    pub(super) fn check(&self) -> Result<(), RuntimeError> {
        self.all().try_for_each(|named| named.runtime.check())
    }

    /// Describes the runtimes for people; of several, with their names.
    pub(crate) fn describe(&self) -> String {
        if self.others.is_empty() {
            return self.first.runtime.describe();
        }
        let all = self.all();
        let all = all.map(|named| format!("{}: {}", named.name, named.runtime.describe()));
        all.collect::<Vec<_>>().join("; ")
    }
}
