//! How routes are gathered: into a router, and into the document that describes them.
//!
//! A route is added by the description that its handler has (`#[utoipa::path]`), so that neither
//! can have a route that the other has not.

use axum::Router;
use utoipa::openapi::Paths;
use utoipa_axum::router::UtoipaMethodRouter;

use crate::Api;
use crate::openapi::NamedSchema;

/// Routes and their description.
#[derive(Default)]
pub(crate) struct Routes {
    pub(crate) router: Router<Api>,
    pub(crate) paths: Paths,
    pub(crate) schemas: Vec<NamedSchema>,
}

impl Routes {
    /// Adds the methods of one path. A path below `/api` is there with and without a slash at its
    /// end: clients of the API have always used both.
    pub(crate) fn add(mut self, (schemas, paths, methods): UtoipaMethodRouter<Api>) -> Self {
        for path in paths.paths.keys() {
            if path.starts_with("/api/") {
                let slashed = format!("{path}/");
                self.router = self.router.route(&slashed, methods.clone());
            }
            self.router = self.router.route(path, methods.clone());
        }
        self.describe(paths, schemas);
        self
    }

    /// Adds all of `other`.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.describe(other.paths, other.schemas);
        self
    }

    /// Changes the router: layers, a fallback.
    pub(crate) fn map(self, change: impl FnOnce(Router<Api>) -> Router<Api>) -> Self {
        Self {
            router: change(self.router),
            ..self
        }
    }

    fn describe(&mut self, paths: Paths, schemas: Vec<NamedSchema>) {
        self.paths.merge(paths);
        self.schemas.extend(schemas);
    }
}
