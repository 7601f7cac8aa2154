//! Dead letters: listing, repeating and discarding them.

use faas_api::{
    DeadLetterGroups, DeadLetterPage, DiscardRequest, Discarded, ExecutionKey, FunctionKey,
    GroupKey, Redrive, RedriveKey, RedriveRequest,
};
use hyper::Method;

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// The open dead letters by error: those of one function or of all.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn dead_letter_groups(
        &self,
        function: Option<FunctionKey>,
    ) -> Result<DeadLetterGroups<'static>, Error> {
        let filter = function.map_or_else(String::new, |id| format!("?functionId={id}"));
        self.get(&format!("/api/dead-letters/groups{filter}")).await
    }

    /// A page of open dead letters, newest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn dead_letters(
        &self,
        function: Option<FunctionKey>,
        group: Option<GroupKey>,
        limit: u32,
        cursor: Option<ExecutionKey>,
    ) -> Result<DeadLetterPage<'static>, Error> {
        let mut path = format!("/api/dead-letters?limit={limit}");
        if let Some(function) = function {
            path.push_str(&format!("&functionId={function}"));
        }
        if let Some(group) = group {
            path.push_str(&format!("&group={group}"));
        }
        if let Some(cursor) = cursor {
            path.push_str(&format!("&cursor={cursor}"));
        }
        self.get(&path).await
    }

    /// Begins to repeat dead letters.
    ///
    /// # Errors
    /// See [`Error`]; the code `conflict` if too many redrives run.
    pub async fn redrive(&self, request: &RedriveRequest) -> Result<Redrive<'static>, Error> {
        self.post("/api/dead-letters/redrive", request).await
    }

    /// How far a redrive has come.
    ///
    /// # Errors
    /// See [`Error`]; the code `not_found`.
    pub async fn get_redrive(&self, id: RedriveKey) -> Result<Redrive<'static>, Error> {
        self.get(&format!("/api/dead-letters/redrives/{id}")).await
    }

    /// Stops a redrive.
    ///
    /// # Errors
    /// See [`Error`]; the code `not_found`.
    pub async fn stop_redrive(&self, id: RedriveKey) -> Result<Redrive<'static>, Error> {
        let path = format!("/api/dead-letters/redrives/{id}");
        self.send(Method::DELETE, &path, None::<&()>).await
    }

    /// Discards dead letters, at most 1,000.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn discard(&self, request: &DiscardRequest) -> Result<Discarded, Error> {
        self.post("/api/dead-letters/discard", request).await
    }
}
