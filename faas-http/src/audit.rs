//! Telling the audit log who changed what, once it is changed.

use axum::http::Extensions;
use faas_core::access::Caller;
use faas_core::model::{Actor, AuditAction};

use crate::Api;

/// Who asks: whom the guard let in, or whom a host with access control of its own has put among the
/// request's extensions as an [`Actor`].
pub(crate) fn actor(extensions: &Extensions) -> Actor {
    match extensions.get::<Caller>() {
        Some(Caller::Local) | None => extensions.get().cloned().unwrap_or_default(),
        Some(caller) => caller.actor(),
    }
}

impl Api {
    /// Notes that `actor` did `action` to `target`, where an audit log is kept.
    pub(crate) async fn note(&self, actor: &Actor, action: AuditAction, target: impl ToString) {
        if let Some(access) = &self.options.access {
            access.keys().note(actor, action, target).await;
        }
    }
}
