//! Who asks: for the audit log, which records changes once they are made, and for executions.

use axum::http::Extensions;
use faas_core::access::Caller;
use faas_core::model::{Actor, AuditAction, CallerLabel};

use crate::Api;

/// Returns who asks: the caller that the guard admitted, or else the [`Actor`] that a host with its own
/// access control has added to the extensions of the request.
pub(crate) fn actor(extensions: &Extensions) -> Actor {
    match extensions.get::<Caller>() {
        Some(Caller::Local) | None => extensions.get().cloned().unwrap_or_default(),
        Some(caller) => caller.actor(),
    }
}

/// Returns who calls, for executions: the key, or else the [`CallerLabel`] that the host has added to
/// the extensions of the request.
pub(crate) fn caller(extensions: &Extensions) -> Option<CallerLabel> {
    let key = extensions.get::<Caller>().and_then(Caller::label);
    key.or_else(|| extensions.get().cloned())
}

impl Api {
    /// Records in the audit log, if there is one, that `actor` did `action` to `target`.
    pub(crate) async fn note(&self, actor: &Actor, action: AuditAction, target: impl ToString) {
        if let Some(access) = &self.options.access {
            access.keys().note(actor, action, target).await;
        }
    }
}
