//! Bindings: functions of the host that user code can call.
//!
//! A [`Binding`] is a named group of host functions. Code finds it as `context.NAME`:
//!
//! ```js
//! export default async (input, context) => await context.inventory.reserve({ sku: input.sku })
//! ```
//!
//! The engine checks each call against what the function was given (`config.bindings`), bounds its
//! number and bytes, and keeps it with the execution (`engine/host_calls.rs`). Nothing that the code
//! sends is trusted: names are looked up, and arguments are read into the types that the host
//! declared.

mod function;
mod stream;
mod typescript;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(crate) use self::function::Content;
pub use self::function::HostCall;
use self::function::{
    BYTES, HostFunction, STREAM, TO_BYTES, TO_STREAM, json_argument, json_result,
};
pub use self::stream::{ByteSender, ByteStream, StreamClosed};
use crate::error::Error;
use crate::runtime::{BindingNames, HostError, PresetModule};

/// The longest name of a binding or a host function, in characters.
const MAX_NAME: usize = 64;
/// The members of `context`, which no binding can replace.
const RESERVED: [&str; 8] = [
    "executionId",
    "functionId",
    "functionName",
    "functionVersion",
    "attempt",
    "deadline",
    "instanceId",
    "env",
];

/// A named group of host functions. They run outside any isolate, with the host's tokio runtime. In
/// thread isolation they make progress only while the code that called them waits: spawn a task for
/// work that must not stand still while that code computes.
///
/// ```
/// use faas_core::bindings::{Binding, HostCall};
/// use faas_core::runtime::HostError;
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Reserve {
///     sku: String,
///     count: u32,
/// }
///
/// #[derive(Serialize, JsonSchema)]
/// struct Reserved {
///     id: u64,
/// }
///
/// let inventory = Binding::new("inventory").function(
///     "reserve",
///     |call: HostCall, item: Reserve| async move {
///         if item.count > 10 {
///             let text = format!("only 10 of {} are left", item.sku);
///             return Err(HostError::new("OUT_OF_STOCK", text));
///         }
///         println!("execution {} reserves {}", call.execution_id, item.sku);
///         Ok(Reserved { id: 7 })
///     },
/// );
/// ```
pub struct Binding {
    name: Arc<str>,
    functions: BTreeMap<Arc<str>, HostFunction>,
    is_restricted: bool,
    schemas: SchemaGenerator,
    wrong: Option<String>,
}

impl Binding {
    /// Creates a binding without functions.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            functions: BTreeMap::new(),
            is_restricted: false,
            schemas: typescript::generator(),
            wrong: check_name("binding", name).err(),
        }
    }

    /// Adds a function whose argument and result are JSON. Code that passes something else gets an
    /// error with the code `ERR_INVALID_ARGUMENT` that says what is wrong.
    #[must_use]
    pub fn function<A, R, F, Fut>(mut self, name: &str, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        R: Serialize + JsonSchema + 'static,
        F: Fn(HostCall, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, HostError>> + Send + 'static,
    {
        let argument = json_argument(self.schemas.subschema_for::<A>());
        let result = json_result(self.schemas.subschema_for::<R>());
        self.add(name, HostFunction::new(argument, result, function));
        self
    }

    /// Adds a function that takes and returns bytes: `Uint8Array` on both sides.
    #[must_use]
    pub fn bytes_function<F, Fut>(mut self, name: &str, function: F) -> Self
    where
        F: Fn(HostCall, bytes::Bytes) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<bytes::Bytes, HostError>> + Send + 'static,
    {
        self.add(name, HostFunction::new(BYTES, TO_BYTES, function));
        self
    }

    /// Adds a function that takes JSON and returns bytes in pieces: a `ReadableStream`.
    #[must_use]
    pub fn stream_function<A, F, Fut>(mut self, name: &str, function: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        F: Fn(HostCall, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<ByteStream, HostError>> + Send + 'static,
    {
        let argument = json_argument(self.schemas.subschema_for::<A>());
        self.add(name, HostFunction::new(argument, TO_STREAM, function));
        self
    }

    /// Adds a function that takes bytes in pieces and returns JSON. Code passes a `ReadableStream`,
    /// or a `Uint8Array` as one piece.
    #[must_use]
    pub fn upload_function<R, F, Fut>(mut self, name: &str, function: F) -> Self
    where
        R: Serialize + JsonSchema + 'static,
        F: Fn(HostCall, ByteStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, HostError>> + Send + 'static,
    {
        let result = json_result(self.schemas.subschema_for::<R>());
        self.add(name, HostFunction::new(STREAM, result, function));
        self
    }

    /// Adds a function that takes and returns bytes in pieces.
    #[must_use]
    pub fn transform_function<F, Fut>(mut self, name: &str, function: F) -> Self
    where
        F: Fn(HostCall, ByteStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<ByteStream, HostError>> + Send + 'static,
    {
        self.add(name, HostFunction::new(STREAM, TO_STREAM, function));
        self
    }

    /// Gives the binding only to functions whose `config.bindings` lists it. Without this, all
    /// functions have it that list no bindings.
    #[must_use]
    pub const fn restricted(mut self) -> Self {
        self.is_restricted = true;
        self
    }

    fn add(&mut self, name: &str, function: HostFunction) {
        let wrong = check_name("host function", name).err().or_else(|| {
            let is_second = self.functions.contains_key(name);
            is_second.then(|| format!("the host function {name} exists twice"))
        });
        if let Some(wrong) = wrong {
            let binding = &self.name;
            self.wrong
                .get_or_insert_with(|| format!("binding {binding}: {wrong}"));
        }
        self.functions.insert(name.into(), function);
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Binding")
            .field("name", &self.name)
            .field("functions", &self.functions.keys())
            .finish_non_exhaustive()
    }
}

/// Checks a name under which code finds something in `context`.
///
/// # Errors
/// Says what is wrong with the name.
pub(crate) fn check_binding_name(name: &str) -> Result<(), String> {
    check_name("binding", name)
}

fn check_name(what: &str, name: &str) -> Result<(), String> {
    let is_identifier = name
        .chars()
        .next()
        .is_some_and(|first| !first.is_ascii_digit())
        && name
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || one == '_');
    if !is_identifier || name.len() > MAX_NAME {
        return Err(format!(
            "{name:?} is no name for a {what}: use 1 to {MAX_NAME} letters, digits and underscores, \
             and begin with no digit"
        ));
    }
    if what == "binding" && RESERVED.contains(&name) {
        return Err(format!(
            "{name} is a member of context: name the binding differently"
        ));
    }
    Ok(())
}

/// All bindings of a platform, and the declarations of its preset modules.
#[derive(Default)]
pub struct Bindings {
    by_name: BTreeMap<Arc<str>, Bound>,
    modules: Vec<PresetModule>,
}

/// A binding of a platform.
struct Bound {
    functions: BTreeMap<Arc<str>, HostFunction>,
    is_restricted: bool,
    /// The JSON schemas of named types.
    definitions: Map<String, Value>,
}

impl Bindings {
    /// Checks the bindings that a host gave.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a name is wrong or exists twice.
    pub(crate) fn new(bindings: Vec<Binding>, modules: &[PresetModule]) -> Result<Self, Error> {
        let mut all = BTreeMap::new();
        for mut binding in bindings {
            if let Some(wrong) = binding.wrong {
                return Err(Error::Invalid(wrong));
            }
            let name = binding.name;
            let bound = Bound {
                functions: binding.functions,
                is_restricted: binding.is_restricted,
                definitions: binding.schemas.take_definitions(true),
            };
            if all.insert(name.clone(), bound).is_some() {
                return Err(Error::Invalid(format!("the binding {name} exists twice")));
            }
        }
        Ok(Self {
            by_name: all,
            modules: modules.to_vec(),
        })
    }

    /// The names of all bindings, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(|name| &**name)
    }

    /// Describes all bindings as a TypeScript declaration file: the type of `context`, and the
    /// types of arguments and results. Also declares the preset modules.
    pub fn typescript(&self) -> String {
        typescript::declarations(self.by_name.iter(), &self.modules)
    }

    /// The names of the bindings that are not restricted, in order.
    pub fn open_names(&self) -> impl Iterator<Item = Arc<str>> {
        self.open().map(|(name, _)| name.clone())
    }

    /// Describes the bindings that are not restricted, as [`Self::typescript`] describes all.
    pub fn open_typescript(&self) -> String {
        typescript::declarations(self.open(), &self.modules)
    }

    fn open(&self) -> impl Iterator<Item = (&Arc<str>, &Bound)> + Clone {
        let all = self.by_name.iter();
        all.filter(|(_, binding)| !binding.is_restricted)
    }

    /// What a function has: the bindings that it lists, or all that are not restricted.
    pub(crate) fn given(&self, listed: Option<&[Arc<str>]>) -> Vec<BindingNames> {
        let given = self.by_name.iter().filter(|(name, binding)| match listed {
            Some(names) => names.contains(name),
            None => !binding.is_restricted,
        });
        given
            .map(|(name, binding)| BindingNames {
                name: name.clone(),
                functions: binding.functions.keys().cloned().collect(),
            })
            .collect()
    }

    /// Calls a host function, if `given` has it.
    pub(crate) async fn call(
        &self,
        given: &[BindingNames],
        call: HostCall,
        (binding, function): (&str, &str),
        argument: Content,
    ) -> Result<Content, HostError> {
        let unknown = |text| Err(HostError::new("ERR_UNKNOWN_HOST_FUNCTION", text));
        let names = || {
            let names = given.iter().map(|given| &*given.name);
            names.filter(|name| !name.starts_with('#'))
        };
        if !names().any(|name| name == binding) {
            return unknown(format!(
                "this function has no binding {}: it has {}",
                shortened(binding),
                listed(names())
            ));
        }
        let functions = self.by_name.get(binding).map(|binding| &binding.functions);
        match functions.and_then(|functions| functions.get(function)) {
            Some(found) => found.call(call, argument).await,
            None => {
                let known = functions.into_iter().flat_map(BTreeMap::keys);
                let known = known.map(|name| &**name);
                unknown(format!(
                    "the binding {binding} has no function {}: it has {}",
                    shortened(function),
                    listed(known)
                ))
            }
        }
    }
}

impl fmt::Debug for Bindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// A name that code sent, of a length that fits an error message.
fn shortened(name: &str) -> String {
    let short: String = name.chars().take(MAX_NAME).collect();
    if short.len() < name.len() {
        format!("{short:?}…")
    } else {
        format!("{short:?}")
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests;
