//! Functions: reading, creating, changing and deleting them.

use faas_api::{
    AliasChange, Function, FunctionChange, FunctionSummary, Message, NewFunction, Session, Versions,
};
use hyper::Method;
use hyper::header::HeaderMap;

use crate::client::{Client, boxed};
use crate::error::Error;
use crate::target::{Target, segment};

impl Client {
    /// All functions, newest first, without their code.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn functions(&self) -> Result<Vec<FunctionSummary<'static>>, Error> {
        let mut functions = Vec::new();
        let mut path = "/api/functions?code=false".to_owned();
        loop {
            let body = boxed(Default::default());
            let answer = self.exchange(Method::GET, &path, HeaderMap::new(), body);
            let answer = answer.await?;
            functions.extend(self.read::<Vec<_>>(&answer)?);
            let next = answer.headers.get("x-next-cursor");
            match next.and_then(|next| next.to_str().ok()) {
                Some(next) => path = format!("/api/functions?code=false&cursor={next}"),
                None => return Ok(functions),
            }
        }
    }

    /// One function, with its code.
    ///
    /// # Errors
    /// See [`Error`]; the code `function_not_found`.
    pub async fn function(&self, target: impl Into<Target>) -> Result<Function<'static>, Error> {
        self.get(&target.into().path()).await
    }

    /// Uploads a new function.
    ///
    /// # Errors
    /// See [`Error`]; the code `compile_error`, or `conflict` if the name is taken.
    pub async fn create(&self, new: &NewFunction) -> Result<Function<'static>, Error> {
        self.post("/api/functions", new).await
    }

    /// Changes a function. What `change` does not name stays.
    ///
    /// # Errors
    /// See [`Error`]; the codes `compile_error`, `conflict` and `function_not_found`.
    pub async fn update(
        &self,
        target: impl Into<Target>,
        change: &FunctionChange,
    ) -> Result<Function<'static>, Error> {
        let path = target.into().path();
        self.send(Method::PUT, &path, Some(change)).await
    }

    /// Deletes a function. Its executions and costs stay in the reports.
    ///
    /// # Errors
    /// See [`Error`]; the code `function_not_found`.
    pub async fn delete(&self, target: impl Into<Target>) -> Result<(), Error> {
        let path = target.into().path();
        let deleted: Message<'static> = self.send(Method::DELETE, &path, None::<&()>).await?;
        drop(deleted);
        Ok(())
    }

    /// The stored versions of a function, newest first, without their code, and its aliases.
    ///
    /// # Errors
    /// See [`Error`]; the code `function_not_found`.
    pub async fn versions(&self, target: impl Into<Target>) -> Result<Versions<'static>, Error> {
        self.get(&format!("{}/versions", target.into().path()))
            .await
    }

    /// Sets an alias, or moves it. `live` says which version calls run that name no alias.
    ///
    /// # Errors
    /// See [`Error`]; the codes `function_not_found` and `version_not_found`.
    pub async fn set_alias(
        &self,
        target: impl Into<Target>,
        alias: &str,
        change: &AliasChange,
    ) -> Result<Function<'static>, Error> {
        let path = format!("{}/aliases/{}", target.into().path(), segment(alias));
        self.send(Method::PUT, &path, Some(change)).await
    }

    /// Deletes an alias. Without `live`, calls run the newest version.
    ///
    /// # Errors
    /// See [`Error`]; the codes `function_not_found` and `alias_not_found`.
    pub async fn delete_alias(
        &self,
        target: impl Into<Target>,
        alias: &str,
    ) -> Result<Function<'static>, Error> {
        let path = format!("{}/aliases/{}", target.into().path(), segment(alias));
        self.send(Method::DELETE, &path, None::<&()>).await
    }

    /// Which key the client has, and whether the server requires one.
    ///
    /// # Errors
    /// See [`Error`]; the codes `key_invalid` and `key_expired`.
    pub async fn session(&self) -> Result<Session<'static>, Error> {
        self.get("/api/session").await
    }
}
