//! Servers, resolvers and dialers of the tests.

pub(crate) mod server;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use faas_core::egress::{
    Caller, FetchRecord, FetchRequest, FetchResponse, Network as _, Observer, Secrets,
};
use faas_core::runtime::HostError;
use faas_core::secrets::SecretText;
use faas_egress::{Broker, BrokerBuilder, Dial, Policy, Resolve};
use parking_lot::Mutex;
use tokio::net::TcpStream;

/// Only a test that hangs waits for this long.
const HANGS: Duration = Duration::from_secs(60);

/// Fails a test that waits for something that does not come.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANGS, future)
        .await
        .expect("this takes too long")
}

/// A resolver with fixed answers: the n-th look-up of a name gets its n-th answer, and later ones the
/// last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    answers: Arc<Mutex<HashMap<String, Vec<Vec<IpAddr>>>>>,
    lookups: Arc<Mutex<HashMap<String, usize>>>,
}

impl Names {
    pub(crate) fn set(&self, name: &str, answers: &[&[&str]]) {
        let parse = |list: &&[&str]| list.iter().map(|one| one.parse().unwrap()).collect();
        let answers = answers.iter().map(parse).collect();
        self.answers.lock().insert(name.to_owned(), answers);
    }

    pub(crate) fn lookups(&self, name: &str) -> usize {
        self.lookups.lock().get(name).copied().unwrap_or(0)
    }
}

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let index = {
            let mut lookups = self.lookups.lock();
            let count = lookups.entry(host.to_owned()).or_default();
            *count += 1;
            *count - 1
        };
        let answers = self.answers.lock();
        let answers = answers.get(host).ok_or(io::ErrorKind::NotFound)?;
        Ok(answers[index.min(answers.len() - 1)].clone())
    }
}

/// Dials like a router with address translation: known addresses and ports lead to servers of the
/// test, and everything else to `others`.
#[derive(Debug, Clone)]
pub(crate) struct Router {
    pub(crate) routes: Arc<Mutex<HashMap<SocketAddr, SocketAddr>>>,
    pub(crate) others: Option<SocketAddr>,
    /// The addresses that led to `others`.
    pub(crate) astray: Arc<Mutex<Vec<SocketAddr>>>,
    pub(crate) dialled: Arc<AtomicUsize>,
}

impl Router {
    pub(crate) fn new(routes: &[(&str, SocketAddr)], others: Option<SocketAddr>) -> Self {
        let routes = routes.iter().map(|(from, to)| (from.parse().unwrap(), *to));
        Self {
            routes: Arc::new(Mutex::new(routes.collect())),
            others,
            astray: Arc::default(),
            dialled: Arc::default(),
        }
    }
}

#[async_trait]
impl Dial for Router {
    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.dialled.fetch_add(1, Ordering::Relaxed);
        let known = self.routes.lock().get(&address).copied();
        let to = match known {
            Some(to) => to,
            None => {
                self.astray.lock().push(address);
                self.others.ok_or(io::ErrorKind::ConnectionRefused)?
            }
        };
        TcpStream::connect(to).await
    }
}

/// Keeps the records of requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records(pub(crate) Arc<Mutex<Vec<FetchRecord>>>);

impl Records {
    pub(crate) fn take(&self) -> Vec<FetchRecord> {
        std::mem::take(&mut self.0.lock())
    }
}

impl Observer for Records {
    fn ended(&self, record: FetchRecord) {
        self.0.lock().push(record);
    }
}

/// One secret: `KEY`.
#[derive(Debug)]
pub(crate) struct Key(pub(crate) &'static str);

impl Secrets for Key {
    fn secret(&self, name: &str) -> Option<SecretText> {
        (name == "KEY").then(|| SecretText::from(self.0))
    }
}

/// The address of `public.test` in these tests.
pub(crate) const PUBLIC: &str = "93.184.215.14";

/// A broker for which `public.test` and `other.test` are public hosts on the given servers.
pub(crate) fn with_hosts(
    policy: Policy,
    public: SocketAddr,
    other: SocketAddr,
) -> (BrokerBuilder, Names, Router) {
    let names = Names::default();
    names.set("public.test", &[&[PUBLIC]]);
    names.set("other.test", &[&["1.1.1.1"]]);
    let routes = [
        ("93.184.215.14:80", public),
        ("93.184.215.14:443", public),
        ("1.1.1.1:80", other),
        ("1.1.1.1:443", other),
    ];
    let router = Router::new(&routes, None);
    let builder = Broker::builder(policy)
        .resolver(names.clone())
        .dialer(router.clone());
    (builder, names, router)
}

/// A caller whose requests are recorded.
pub(crate) fn caller() -> (Caller, Records) {
    let records = Records::default();
    let mut caller = Caller::new("function-1");
    caller.observer = Arc::new(records.clone());
    (caller, records)
}

pub(crate) async fn get(
    broker: &Broker,
    caller: &Caller,
    url: &str,
) -> Result<FetchResponse, HostError> {
    soon(broker.fetch(caller, FetchRequest::get(url))).await
}

/// Reads a body to its end.
pub(crate) async fn read(response: FetchResponse) -> Result<Bytes, HostError> {
    let mut all = Vec::new();
    if let Some(mut body) = response.body {
        while let Some(piece) = soon(body.next()).await {
            all.extend_from_slice(&piece?);
        }
    }
    Ok(all.into())
}

pub(crate) async fn text(response: FetchResponse) -> String {
    String::from_utf8(read(response).await.unwrap().to_vec()).unwrap()
}

pub(crate) fn header<'a>(response: &'a FetchResponse, name: &str) -> Option<&'a str> {
    let found = response.headers.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| std::str::from_utf8(value).unwrap())
}
