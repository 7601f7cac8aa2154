//! Where a call continues after it has waited.

use rquickjs::{Ctx, Object, Persistent, Promise, Value};

use super::compile::Form;

/// What happens with the value of a promise.
pub(super) enum Then<'js> {
    /// It is the handler of a program of this form.
    Install(Form),
    /// The handler is among the exports of this module object.
    InstallExports(Form, Object<'js>),
    /// The handler is in this namespace of an ES module.
    InstallNamespace(Form, Value<'js>),
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
    Install(Form),
    InstallExports(Form, Persistent<Object<'static>>),
    InstallNamespace(Form, Persistent<Value<'static>>),
    Finish,
}

impl Suspended {
    pub(super) fn new<'js>(ctx: &Ctx<'js>, promise: Promise<'js>, then: Then<'js>) -> Self {
        Self {
            promise: Persistent::save(ctx, promise),
            then: match then {
                Then::Install(form) => Kept::Install(form),
                Then::InstallExports(form, module) => {
                    Kept::InstallExports(form, Persistent::save(ctx, module))
                }
                Then::InstallNamespace(form, namespace) => {
                    Kept::InstallNamespace(form, Persistent::save(ctx, namespace))
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
            Kept::Install(form) => Then::Install(form),
            Kept::InstallExports(form, module) => Then::InstallExports(form, module.restore(ctx)?),
            Kept::InstallNamespace(form, namespace) => {
                Then::InstallNamespace(form, namespace.restore(ctx)?)
            }
            Kept::Finish => Then::Finish,
        };
        Ok((self.promise.restore(ctx)?, then))
    }
}
