//! How paths are matched.

use axum::Router;
use axum::routing::MethodRouter;

use crate::Api;

/// Adds `path` with and without a slash at its end: clients of the API have always used both.
pub(crate) fn both(router: Router<Api>, path: &str, methods: MethodRouter<Api>) -> Router<Api> {
    router
        .route(&format!("{path}/"), methods.clone())
        .route(path, methods)
}
