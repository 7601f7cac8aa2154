//! HTTP requests to functions.

use std::sync::Arc;

use super::{Platform, check_caller};
use crate::engine::{Accepted, Loaded};
use crate::error::{Error, Resource};
use crate::http::{Answer, Request};
use crate::model::http::{HttpConfig, Routed};
use crate::model::{Aliases, ExecutionId, FunctionId};

/// A function that answers HTTP requests: see [`Platform::http_function`].
#[derive(Clone)]
pub struct HttpFunction {
    platform: Platform,
    loaded: Arc<Loaded>,
    config: Arc<HttpConfig>,
}

impl Platform {
    /// The function with this name, if it answers HTTP requests: [`FunctionConfig::http`] is enabled.
    /// After an `@`, a name may have an alias, whose version answers; without one, `live` does.
    ///
    /// [`FunctionConfig::http`]: crate::model::FunctionConfig::http
    ///
    /// # Errors
    /// [`Error::NotFound`], the same for a function that does not exist and one that answers no
    /// requests; [`Error::Unavailable`].
    pub async fn http_function(&self, name: &str) -> Result<HttpFunction, Error> {
        match self.http_function_at(name, None).await {
            // A name may have an `@` itself.
            Err(Error::NotFound(Resource::Function)) if name.contains('@') => {
                let (name, alias) = name.rsplit_once('@').unwrap_or((name, Aliases::LIVE));
                self.http_function_at(name, Some(alias)).await
            }
            found => found,
        }
    }

    async fn http_function_at(
        &self,
        name: &str,
        alias: Option<&str>,
    ) -> Result<HttpFunction, Error> {
        let id = self.functions().id_of(name).await?;
        let found = self.http_function_of(id, alias).await?;
        found.ok_or(Error::NotFound(Resource::Function))
    }

    /// The function with this id, if it answers requests.
    pub(super) async fn http_function_of(
        &self,
        id: FunctionId,
        alias: Option<&str>,
    ) -> Result<Option<HttpFunction>, Error> {
        let loaded = match self.engine().0.registry.called(id, alias).await {
            Err(Error::NotFound(_) | Error::Inactive) => return Ok(None),
            loaded => loaded?,
        };
        let config = loaded.function.config.http.clone();
        let config = config.filter(|http| http.enabled);
        Ok(config.map(|config| HttpFunction {
            platform: self.clone(),
            loaded,
            config,
        }))
    }

    /// Answers a request with the function of this name. [`HttpFunction::call`] explains the answer.
    /// Checks the method and the route, but neither [`HttpConfig::auth`] nor the size of the body.
    ///
    /// ```
    /// use faas_core::http::{Answer, Request};
    /// use faas_core::model::http::HttpConfig;
    /// use faas_core::platform::NewFunction;
    /// use faas_core::{Error, Platform};
    ///
    /// # async fn call(platform: Platform) -> Result<(), Error> {
    /// let code = "export default { fetch: (request) => new Response('hello ' + request.url) }";
    /// let hello = NewFunction::new("hello", "greets", code).http(HttpConfig::enabled());
    /// platform.functions().upsert(hello).await?;
    /// match platform.http("hello", Request::new("GET", "https://example.com/")).await? {
    ///     Answer::Response(response) => println!("{}", response.status),
    ///     Answer::Failed(execution) => println!("{:?}", execution.failure),
    ///     _ => {}
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::http_function`] and [`HttpFunction::call`]; [`Error::NotFound`] if no route matches,
    /// and [`Error::Invalid`] if none does with this method.
    pub async fn http(&self, name: &str, mut request: Request) -> Result<Answer, Error> {
        let function = self.http_function(name).await?;
        function.route(&mut request)?;
        function.call(request).await
    }
}

impl HttpFunction {
    /// The function's id.
    pub fn id(&self) -> FunctionId {
        self.loaded.function.id
    }

    /// Its HTTP settings.
    pub fn config(&self) -> &HttpConfig {
        &self.config
    }

    /// Sets the parameters of the request's route.
    fn route(&self, request: &mut Request) -> Result<(), Error> {
        match self.config.route(&request.method, request.path()) {
            Routed::Matched(params) => request.params = params,
            Routed::NoRoute => return Err(Error::NotFound(Resource::Function)),
            Routed::WrongMethod { allow } => {
                return Err(Error::Invalid(format!("the method must be one of {allow}")));
            }
        }
        Ok(())
    }

    /// Runs the function for the request of this execution, without waiting for the response.
    pub(super) fn call_again(
        &self,
        mut request: Request,
        of: ExecutionId,
    ) -> Result<Accepted, Error> {
        self.route(&mut request)?;
        self.platform
            .engine()
            .answer_again(&self.loaded, request, of)
    }

    /// Runs the function for a request and waits for its response, in one attempt. The execution is
    /// stored when this returns, unless the response is in pieces: then it is stored at the end.
    ///
    /// If the future is dropped before it is ready, or the body of the response before its end, the
    /// client counts as gone: the execution is cancelled.
    ///
    /// # Errors
    /// As [`Platform::invoke`].
    pub async fn call(&self, request: Request) -> Result<Answer, Error> {
        check_caller(request.caller.as_ref())?;
        self.platform.engine().answer(&self.loaded, request).await
    }
}
