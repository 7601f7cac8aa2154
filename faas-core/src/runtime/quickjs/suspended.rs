//! Where a call continues after it has waited.

use rquickjs::{Ctx, Object, Persistent, Promise, Value};

use super::compile::Form;
use super::handler::Handler;

/// What a program evaluates to, and how its handler is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) form: Form,
    pub(super) handler: Handler,
}

/// What happens with the value of a promise.
pub(super) enum Then<'js> {
    /// It is the handler of a program.
    Install(Entry),
    /// The handler is among the exports of this module object.
    InstallExports(Entry, Object<'js>),
    /// The handler is in this namespace of an ES module.
    InstallNamespace(Entry, Value<'js>),
    /// It is the handler's result.
    Finish,
}

/// A call between two steps.
pub(super) struct Suspended {
    promise: Persistent<Promise<'static>>,
    then: Kept,
}

/// [`Then`] between two steps.
enum Kept {
    Install(Entry),
    InstallExports(Entry, Persistent<Object<'static>>),
    InstallNamespace(Entry, Persistent<Value<'static>>),
    Finish,
}

impl Suspended {
    pub(super) fn new<'js>(ctx: &Ctx<'js>, promise: Promise<'js>, then: Then<'js>) -> Self {
        Self {
            promise: Persistent::save(ctx, promise),
            then: match then {
                Then::Install(entry) => Kept::Install(entry),
                Then::InstallExports(entry, module) => {
                    Kept::InstallExports(entry, Persistent::save(ctx, module))
                }
                Then::InstallNamespace(entry, namespace) => {
                    Kept::InstallNamespace(entry, Persistent::save(ctx, namespace))
                }
                Then::Finish => Kept::Finish,
            },
        }
    }

    /// Restores the promise and what happens with its value.
    pub(super) fn restore<'js>(
        self,
        ctx: &Ctx<'js>,
    ) -> rquickjs::Result<(Promise<'js>, Then<'js>)> {
        let then = match self.then {
            Kept::Install(entry) => Then::Install(entry),
            Kept::InstallExports(entry, module) => {
                Then::InstallExports(entry, module.restore(ctx)?)
            }
            Kept::InstallNamespace(entry, namespace) => {
                Then::InstallNamespace(entry, namespace.restore(ctx)?)
            }
            Kept::Finish => Then::Finish,
        };
        Ok((self.promise.restore(ctx)?, then))
    }
}
