//! Connections that are kept for later requests. They are never shared across partitions.
//!
//! A connection of HTTP/1.1 is in the pool only while no request uses it. One of HTTP/2 stays in it,
//! and carries many requests.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use faas_core::clock::Clock;
use hyper::client::conn::{http1, http2};
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::body::outgoing::Outgoing;
use crate::quota::{Exhausted, Permit, Quota};

/// What connections are kept by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) partition: Arc<str>,
    pub(crate) is_https: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// A connection. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) sender: Sender,
    pub(crate) peer: SocketAddr,
    _task: Task,
    _permit: Permit,
}

#[derive(Debug)]
pub(crate) enum Sender {
    Http1(http1::SendRequest<Outgoing>),
    Http2(http2::SendRequest<Outgoing>),
}

/// A task that is aborted when this is dropped.
#[derive(Debug)]
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(future))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    pub(crate) const fn new(sender: Sender, peer: SocketAddr, task: Task, permit: Permit) -> Self {
        Self {
            sender,
            peer,
            _task: task,
            _permit: permit,
        }
    }

    pub(crate) const fn is_http2(&self) -> bool {
        matches!(self.sender, Sender::Http2(_))
    }

    fn is_closed(&self) -> bool {
        match &self.sender {
            Sender::Http1(sender) => sender.is_closed(),
            Sender::Http2(sender) => sender.is_closed(),
        }
    }
}

/// A connection that a request uses.
#[derive(Debug)]
pub(crate) enum Lease {
    /// HTTP/1.1.
    Exclusive(Connection),
    /// HTTP/2.
    Shared(Arc<Connection>),
}

#[derive(Debug, Clone)]
pub(crate) struct Pool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: Bounds,
    clock: Arc<dyn Clock>,
    connections: Arc<Quota>,
    kept: Mutex<Kept>,
}

/// The bounds of a pool.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) idle_timeout: Duration,
    pub(crate) max_idle: usize,
    pub(crate) max_idle_per_origin: usize,
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_partition: usize,
}

#[derive(Debug, Default)]
struct Kept {
    /// A key is there only while it has connections. The last one of a key was used last.
    by_key: HashMap<Key, Vec<Entry>>,
    count: usize,
    /// Whether a task removes what is idle for too long.
    is_swept: bool,
}

#[derive(Debug)]
struct Entry {
    lease: Lease,
    used_at: Duration,
}

impl Entry {
    fn connection(&self) -> &Connection {
        match &self.lease {
            Lease::Exclusive(connection) => connection,
            Lease::Shared(connection) => connection,
        }
    }

    /// Whether no request uses the connection.
    fn is_idle(&self) -> bool {
        match &self.lease {
            Lease::Exclusive(_) => true,
            Lease::Shared(connection) => Arc::strong_count(connection) == 1,
        }
    }
}

impl Pool {
    pub(crate) fn new(bounds: Bounds, clock: Arc<dyn Clock>) -> Self {
        let connections = Quota::new(bounds.max_connections, bounds.max_connections_per_partition);
        Self(Arc::new(Inner {
            bounds,
            clock,
            connections,
            kept: Mutex::default(),
        }))
    }

    /// A connection for this key whose peer `is_allowed`.
    pub(crate) fn take(&self, key: &Key, is_allowed: impl Fn(IpAddr) -> bool) -> Option<Lease> {
        // Declared before the lock, so that connections are closed after it was released.
        let mut unusable = Vec::new();
        let now = self.0.clock.monotonic();
        let mut kept = self.0.kept.lock();
        let mut found = None;
        while let Some(entry) = kept.pop(key) {
            let connection = entry.connection();
            let age = now.saturating_sub(entry.used_at);
            let is_stale = entry.is_idle() && age >= self.0.bounds.idle_timeout;
            if is_stale || connection.is_closed() || !is_allowed(connection.peer.ip()) {
                unusable.push(entry);
                continue;
            }
            found = Some(match entry.lease {
                Lease::Exclusive(connection) => Lease::Exclusive(connection),
                Lease::Shared(connection) => {
                    let shared = Lease::Shared(connection.clone());
                    kept.push(key.clone(), Lease::Shared(connection), now);
                    shared
                }
            });
            break;
        }
        drop(kept);
        found
    }

    /// Takes the permit for a new connection. Closes an idle one if there are too many.
    pub(crate) fn permit(&self, partition: &Arc<str>) -> Result<Permit, Exhausted> {
        loop {
            let exhausted = match self.0.connections.take(partition) {
                Ok(permit) => return Ok(permit),
                Err(exhausted) => exhausted,
            };
            let evicted =
                self.0.kept.lock().oldest_idle(|key| {
                    exhausted == Exhausted::Server || key.partition == *partition
                });
            if evicted.is_none() {
                return Err(exhausted);
            }
        }
    }

    /// Keeps a connection of HTTP/1.1 that has no request, or one of HTTP/2.
    pub(crate) fn keep(&self, key: Key, lease: Lease) {
        let mut closed = Vec::new();
        let now = self.0.clock.monotonic();
        let mut kept = self.0.kept.lock();
        let known = kept.by_key.get(&key).map_or(0, Vec::len);
        if known >= self.0.bounds.max_idle_per_origin {
            drop(kept);
            return;
        }
        while kept.count >= self.0.bounds.max_idle.max(1) {
            match kept.oldest_idle(|_| true) {
                Some(entry) => closed.push(entry),
                // All are in use: one of HTTP/2 more does no harm, there are permits for it.
                None => break,
            }
        }
        kept.push(key, lease, now);
        let is_swept = std::mem::replace(&mut kept.is_swept, true);
        drop(kept);
        if !is_swept {
            let (clock, pool) = (self.0.clock.clone(), Arc::downgrade(&self.0));
            tokio::spawn(sweep(clock, pool, self.0.bounds.idle_timeout));
        }
    }

    /// Removes a connection of HTTP/2 that has failed.
    pub(crate) fn discard(&self, key: &Key, failed: &Arc<Connection>) {
        let is_other = |entry: &Entry| match &entry.lease {
            Lease::Shared(connection) => !Arc::ptr_eq(connection, failed),
            Lease::Exclusive(_) => true,
        };
        let removed = self
            .0
            .kept
            .lock()
            .retain(|known, entry| known != key || is_other(entry));
        drop(removed);
    }

    /// Closes the connections of a partition that are not in use.
    pub(crate) fn close(&self, partition: &str) {
        let removed = self
            .0
            .kept
            .lock()
            .retain(|key, _| *key.partition != *partition);
        drop(removed);
    }
}

impl Kept {
    fn push(&mut self, key: Key, lease: Lease, used_at: Duration) {
        let entries = self.by_key.entry(key).or_default();
        entries.push(Entry { lease, used_at });
        self.count += 1;
    }

    fn pop(&mut self, key: &Key) -> Option<Entry> {
        let entries = self.by_key.get_mut(key)?;
        let entry = entries.pop();
        if entries.is_empty() {
            self.by_key.remove(key);
        }
        self.count -= usize::from(entry.is_some());
        entry
    }

    /// Removes the connection that was idle for longest.
    fn oldest_idle(&mut self, is_candidate: impl Fn(&Key) -> bool) -> Option<Entry> {
        let candidates = self.by_key.iter().filter(|(key, _)| is_candidate(key));
        let idle = candidates.flat_map(|(key, entries)| {
            let entries = entries.iter().enumerate();
            let idle = entries.filter(|(_, entry)| entry.is_idle());
            idle.map(move |(index, entry)| (entry.used_at, key, index))
        });
        let (_, key, index) = idle.min_by_key(|(used_at, ..)| *used_at)?;
        let key = key.clone();
        let entries = self.by_key.get_mut(&key)?;
        let entry = entries.remove(index);
        if entries.is_empty() {
            self.by_key.remove(&key);
        }
        self.count -= 1;
        Some(entry)
    }

    /// Returns what was removed, so that it is dropped without the lock.
    fn retain(&mut self, is_kept: impl Fn(&Key, &Entry) -> bool) -> Vec<Entry> {
        let mut removed = Vec::new();
        self.by_key.retain(|key, entries| {
            removed.extend(entries.extract_if(.., |entry| !is_kept(key, entry)));
            !entries.is_empty()
        });
        self.count -= removed.len();
        removed
    }
}

/// Closes connections that are idle for too long, until there are none.
async fn sweep(clock: Arc<dyn Clock>, pool: Weak<Inner>, idle_timeout: Duration) {
    loop {
        clock.sleep(idle_timeout).await;
        let Some(pool) = pool.upgrade() else { return };
        let now = clock.monotonic();
        let mut kept = pool.kept.lock();
        let removed = kept.retain(|_, entry| {
            let is_young = now.saturating_sub(entry.used_at) < idle_timeout;
            !entry.connection().is_closed() && (is_young || !entry.is_idle())
        });
        kept.is_swept = kept.count > 0;
        let goes_on = kept.is_swept;
        drop(kept);
        drop(removed);
        if !goes_on {
            return;
        }
    }
}
