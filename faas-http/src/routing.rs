//! How routes are gathered: into a router, and into the document that describes them.
//!
//! A route is added by the description that its handler has (`#[utoipa::path]`), so that neither
//! can have a route that the other has not; and with what it takes to be let in, so that none can be
//! forgotten.

use axum::Router;
use axum::routing::MethodRouter;
use faas_core::access::{Access, Permission};
use utoipa::openapi::Paths;
use utoipa::openapi::path::Operation;
use utoipa_axum::router::UtoipaMethodRouter;

use crate::Api;
use crate::guard::GuardLayer;
use crate::openapi::{NamedSchema, security};

/// What it takes to be let in to a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: it tells what everybody may know.
    Nothing,
    /// No key, but none that is wrong either; and that no foreign page asks.
    NoWrongKey,
    /// A key that allows this, where keys are in use; and that no foreign page asks.
    Key(Permission),
}

/// Routes and their description.
#[derive(Default)]
pub(crate) struct Routes {
    routes: Vec<(String, Needs, MethodRouter<Api>)>,
    pub(crate) paths: Paths,
    pub(crate) schemas: Vec<NamedSchema>,
}

impl Routes {
    /// Adds methods of one path, which need all the same. A path below `/api` is there with and
    /// without a slash at its end: clients of the API have always used both.
    pub(crate) fn add(
        mut self,
        needs: Needs,
        (schemas, mut paths, methods): UtoipaMethodRouter<Api>,
    ) -> Self {
        for (path, item) in &mut paths.paths {
            if path.starts_with("/api/") {
                let slashed = format!("{path}/");
                self.routes.push((slashed, needs, methods.clone()));
            }
            self.routes.push((path.clone(), needs, methods.clone()));
            let operations: [&mut Option<Operation>; 4] = [
                &mut item.get,
                &mut item.put,
                &mut item.post,
                &mut item.delete,
            ];
            for operation in operations.into_iter().flatten() {
                security::describe(operation, needs);
            }
        }
        self.describe(paths, schemas);
        self
    }

    /// Adds all of `other`.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.routes.extend(other.routes);
        self.describe(other.paths, other.schemas);
        self
    }

    /// The router. Each route that needs something is guarded by `access`.
    pub(crate) fn router(&mut self, access: Option<&Access>) -> Router<Api> {
        let mut router = Router::new();
        for (path, needs, methods) in self.routes.drain(..) {
            let guarded = match (needs, access) {
                (Needs::Key(permission), Some(access)) => {
                    methods.route_layer(GuardLayer::new(access.clone(), permission))
                }
                (Needs::NoWrongKey, Some(access)) => {
                    methods.route_layer(GuardLayer::without_key(access.clone()))
                }
                (Needs::Nothing, _) | (_, None) => methods,
            };
            router = router.route(&path, guarded);
        }
        router
    }

    fn describe(&mut self, paths: Paths, schemas: Vec<NamedSchema>) {
        self.paths.merge(paths);
        self.schemas.extend(schemas);
    }
}
