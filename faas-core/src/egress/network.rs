//! The trait, and what it is told of the caller.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Budget, FetchRecord, FetchRequest, FetchResponse};
use crate::model::egress::EgressRules;
use crate::runtime::HostError;
use crate::secrets::SecretText;

/// Makes requests for functions.
#[async_trait]
pub trait Network: fmt::Debug + Send + Sync {
    /// Makes a request and returns when the head of the response has come. Dropping the future, or
    /// the body of the response, ends the request.
    ///
    /// # Errors
    /// [`HostError`] with one of the codes in [`code`](super::code).
    async fn fetch(
        &self,
        caller: &Caller,
        request: FetchRequest,
    ) -> Result<FetchResponse, HostError>;

    /// Says what would happen to a request, and why. It resolves the name, and connects to nothing.
    async fn explain(&self, url: &str, method: &str, rules: Option<&EgressRules>) -> Explanation;

    /// Closes the idle connections of a [partition](Caller::partition).
    fn close(&self, partition: &str);
}

/// Whose request it is, and what it may do. One attempt of an execution has one.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Requests share connections within a partition only: use the id of the tenant, or that of
    /// the function.
    pub partition: Arc<str>,
    /// The function's rules; `None`: only the server's policy decides.
    pub rules: Option<Arc<EgressRules>>,
    /// The secrets that the rules put into headers.
    pub secrets: Arc<dyn Secrets>,
    /// The limits of the execution, and what it has used.
    pub budget: Arc<Budget>,
    /// How long requests may take, from now, with their responses; `None`: no limit besides those
    /// of the network.
    pub time_left: Option<Duration>,
    /// Is told of every request, redirects included.
    pub observer: Arc<dyn Observer>,
}

impl Caller {
    /// A caller without rules, secrets and observer, and with the default limits.
    pub fn new(partition: impl Into<Arc<str>>) -> Self {
        Self {
            partition: partition.into(),
            rules: None,
            secrets: Arc::new(()),
            budget: Arc::new(Budget::default()),
            time_left: None,
            observer: Arc::new(()),
        }
    }
}

/// Where the network reads secrets. `()` has none.
pub trait Secrets: fmt::Debug + Send + Sync {
    /// The text of a secret; `None` if there is none of this name.
    fn secret(&self, name: &str) -> Option<SecretText>;
}

impl Secrets for () {
    fn secret(&self, _name: &str) -> Option<SecretText> {
        None
    }
}

/// Is told of requests. `()` ignores them.
pub trait Observer: fmt::Debug + Send + Sync {
    /// A request has ended: its response was read or dropped, it failed, or it was refused. Each
    /// redirect that was followed is one, in order. Must not block.
    fn ended(&self, record: FetchRecord);
}

impl Observer for () {
    fn ended(&self, _record: FetchRecord) {}
}

/// What would happen to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The URL as it would be sent; `None` if it is not valid.
    pub url: Option<String>,
    /// Whether the request would be made.
    pub allowed: bool,
    /// Why not: whose rule refuses it and which, or what is wrong with the request.
    pub refusal: Option<String>,
    /// The addresses of the host, if the rules let the name be resolved.
    pub addresses: Vec<ExplainedAddress>,
    /// The names of the headers that the function's rules would set.
    pub headers: Vec<String>,
}

/// An address, and whether a connection to it would be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedAddress {
    /// The address.
    pub address: IpAddr,
    /// Why no connection would be made; `None` if one would.
    pub refusal: Option<String>,
}
