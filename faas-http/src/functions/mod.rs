//! HTTP requests to functions: `ANY /f/NAME` and `/f/NAME/PATH`, or by host name.
//!
//! A function answers requests if its `config.http` is enabled. These routes are not part of the API:
//! the function decides about status, headers and body, and errors of the server are in the form of
//! the API's errors.
//!
//! [`request`] reads a request for [`faas_core::http`], [`body`] its body, [`response`] writes what the
//! function answers, [`cors`] what browsers want to know.

mod body;
mod by_host;
mod cors;
mod request;
mod response;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{ALLOW, AUTHORIZATION};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use faas_core::Platform;
use faas_core::access::{Caller, Permission};
use faas_core::error::{Error, Resource};
use faas_core::http::Answer;
use faas_core::model::http::{HttpAuth, Routed};
use faas_core::platform::HttpFunction;

pub use by_host::functions_by_host;

use crate::HttpOptions;
use crate::body::Bodies;
use crate::error::ApiError;
use crate::guard;
use crate::progress::MinRate;

/// What requests to functions share.
#[derive(Clone)]
pub(crate) struct Gateway {
    platform: Platform,
    options: Arc<HttpOptions>,
    bodies: Arc<Bodies>,
}

/// Routes for requests to functions, below `/f`. Merge it into your router, beside
/// [`router_with`](crate::router_with) with the same options.
///
/// ```no_run
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// use faas_core::Platform;
/// use faas_http::HttpOptions;
///
/// let platform = Platform::builder().build().await?;
/// let options = HttpOptions::default();
/// let app = faas_http::functions_router(platform.clone(), options.clone())
///     .merge(faas_http::router_with(platform, options));
/// # Ok(())
/// # }
/// ```
///
/// Pages of functions below `/f` share their origin with your other routes. So their responses have
/// `Content-Security-Policy: sandbox`, which keeps their scripts from your origin's storage and
/// cookies; [`functions_by_host`] gives each function its own origin instead.
pub fn functions_router(platform: Platform, options: HttpOptions) -> Router {
    let gateway = Gateway::new(platform, options);
    Router::new()
        .route("/f/{name}", any(by_path))
        .route("/f/{name}/", any(by_path))
        .route("/f/{name}/{*path}", any(by_path))
        .with_state(gateway)
}

impl Gateway {
    fn new(platform: Platform, options: HttpOptions) -> Self {
        let rate = MinRate::new(options.stall_timeout, options.min_rate);
        let bodies = Arc::new(Bodies::new(options.max_body_memory, rate));
        Self {
            platform,
            options: Arc::new(options),
            bodies,
        }
    }

    /// Answers a request to the function with this name. The function sees the rest of the path;
    /// `prefix` is what came before it.
    async fn answer(&self, name: &str, prefix: &str, request: Request) -> Response {
        let function = match self.platform.http_function(name).await {
            Ok(function) => function,
            Err(error) => return refuse(error).into_response(),
        };
        let config = function.config();
        let origin = cors::origin(request.headers()).filter(|_| config.cors_settings().is_some());
        if let Some(preflight) = cors::preflight(config, &request) {
            return preflight;
        }
        let mut response = match self.call(&function, prefix, request).await {
            Ok(response) => response,
            Err(refused) => *refused,
        };
        if let Some(cors) = config.cors_settings() {
            cors::describe(cors, origin.as_ref(), response.headers_mut());
        }
        response
    }

    async fn call(
        &self,
        function: &HttpFunction,
        prefix: &str,
        mut request: Request,
    ) -> Result<Response, Box<Response>> {
        let refused = |error: ApiError| Box::new(error.into_response());
        let is_public = function.config().auth == HttpAuth::Public;
        if let Some(access) = self.options.access.as_ref().filter(|_| !is_public) {
            let admitted = access.admit(&guard::asking(&request), Permission::Invoke);
            let caller = admitted.map_err(|refusal| refused(refusal.into()))?;
            if caller != Caller::Local {
                request.extensions_mut().insert(caller);
            }
            // The key is the platform's, and no business of the function.
            request.headers_mut().remove(AUTHORIZATION);
        }
        let (parts, body) = request.into_parts();
        let mut request = request::read(&parts, prefix).map_err(refused)?;
        match function.config().route(&request.method, request.path()) {
            Routed::Matched(params) => request.params = params,
            Routed::NoRoute => {
                let message = "the function has no route for this path";
                let error = ApiError::new(StatusCode::NOT_FOUND, "not_found", message);
                return Err(refused(error));
            }
            Routed::WrongMethod { allow } => return Err(Box::new(wrong_method(&allow))),
        }
        let limit = function.config().body_limit();
        let limit = limit.map_or(self.options.max_body, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        let read = body::read(self, &parts.headers, body, limit).await;
        let (body, too_large) = read.map_err(refused)?;
        request.body = body;
        match function.call(request).await {
            Ok(Answer::Response(answer)) => Ok(response::write(answer)),
            Ok(Answer::Failed(_)) if too_large.is_set() => Err(refused(ApiError::too_large(limit))),
            Ok(Answer::Failed(execution)) => Ok(response::failed(&execution, is_public)),
            Ok(_) => Err(refused(ApiError::internal("an unknown kind of answer"))),
            Err(error) => Err(refused(refuse(error))),
        }
    }
}

/// The error for a request that did not run. What may succeed later is 503.
fn refuse(error: Error) -> ApiError {
    match error {
        Error::NotFound(Resource::Function) => ApiError::new(
            StatusCode::NOT_FOUND,
            "function_not_found",
            "there is no function with this name that answers HTTP requests",
        ),
        error => {
            let is_retryable = error.is_retryable();
            let error = ApiError::from(error);
            if is_retryable {
                error.with_status(StatusCode::SERVICE_UNAVAILABLE)
            } else {
                error
            }
        }
    }
}

fn wrong_method(allow: &str) -> Response {
    let error = ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "the function does not accept this method here: see the Allow header",
    );
    let mut response = error.into_response();
    if let Ok(allow) = allow.parse() {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

/// Answers a request below `/f`.
async fn by_path(State(gateway): State<Gateway>, request: Request<Body>) -> Response {
    let path = request.uri().path();
    let after = path.strip_prefix("/f/").unwrap_or_default();
    let encoded = after.split('/').next().unwrap_or_default();
    let name = request::decode(encoded);
    let prefix = format!("/f/{encoded}");
    let mut response = gateway.answer(&name, &prefix, request).await;
    response::sandbox(response.headers_mut());
    response
}
