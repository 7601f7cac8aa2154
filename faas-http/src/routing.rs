//! Collects the routes for the router and for the OpenAPI document.
//!
//! A route is added by the description of its handler (`#[utoipa::path]`), so the router and the
//! document have the same routes. Each route is added together with its access requirement, so no
//! route is left unprotected by mistake.

use axum::Router;
use axum::routing::MethodRouter;
use faas_core::access::{Access, Permission};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Paths, RefOr};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::Api;
use crate::guard::GuardLayer;
use crate::openapi::{NamedSchema, security};

/// What a route requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: it is public.
    Nothing,
    /// No key is required, but an invalid key and a page of another origin are refused.
    NoWrongKey,
    /// A key with this permission, once keys are in use; a page of another origin is refused.
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
    /// Adds the methods of one path, which all have the same requirement. A path below `/api` is also
    /// added with a slash at its end, because existing clients use both. A path of one function is also
    /// added with the function's name: [`by_name`].
    pub(crate) fn add(
        mut self,
        needs: Needs,
        (schemas, mut paths, methods): UtoipaMethodRouter<Api>,
    ) -> Self {
        let by_name = paths.paths.iter().filter_map(by_name).collect::<Vec<_>>();
        paths.paths.extend(by_name);
        for (path, item) in &mut paths.paths {
            if path.starts_with("/api/") {
                let slashed = format!("{path}/");
                self.routes.push((slashed, needs, methods.clone()));
            }
            self.routes.push((path.clone(), needs, methods.clone()));
            for operation in operations(item) {
                security::describe(operation, needs);
            }
        }
        self.describe(paths, schemas);
        self
    }

    /// Adds all routes of `other`.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.routes.extend(other.routes);
        self.describe(other.paths, other.schemas);
        self
    }

    /// The router. `access` checks each route that has a requirement.
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

/// The parameter of a path that is the name of a function.
pub(crate) const NAME: &str = "name";
/// What the paths of one function begin with.
const ONE: &str = "/api/functions/{id}";

/// The same path and operations for the function with a name, below `/api/functions/by-name`; `None`
/// if the path is not one of a function. They have their own paths, because a name can look like an
/// id.
fn by_name((path, item): (&String, &PathItem)) -> Option<(String, PathItem)> {
    let rest = path.strip_prefix(ONE)?;
    let mut item = item.clone();
    for operation in operations(&mut item) {
        if let Some(id) = &mut operation.operation_id {
            id.push_str("ByName");
        }
        for parameter in operation.parameters.iter_mut().flatten() {
            if let RefOr::T(parameter) = parameter
                && parameter.name == "id"
            {
                let name = ObjectBuilder::new().schema_type(Type::String);
                NAME.clone_into(&mut parameter.name);
                parameter.schema = Some(name.build().into());
                parameter.description = Some("The name of the function.".to_owned());
            }
        }
    }
    Some((format!("/api/functions/by-name/{{{NAME}}}{rest}"), item))
}

/// The operations of a path that this API uses.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}
