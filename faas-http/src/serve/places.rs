//! The open connections, and which of them is closed when there are too many.
//!
//! Requests over HTTP/2 are counted too, because one connection can have many of them at once. They
//! have limits of the same size as connections.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Notify;

/// A value of [`Peer::idle`]: a request is in progress, or the connection was upgraded.
const BUSY: u64 = 0;

/// All connections of a server.
pub(super) struct Places {
    max: usize,
    max_per_address: usize,
    inner: Mutex<Inner>,
    /// Notified when a connection ends.
    freed: Notify,
    /// Counts the moments at which connections became idle.
    moments: Arc<AtomicU64>,
}

#[derive(Default)]
struct Inner {
    peers: HashMap<u64, Arc<Peer>>,
    of_address: HashMap<IpAddr, Share>,
    /// The requests over HTTP/2 in progress.
    streams: usize,
    next: u64,
}

/// What one address uses.
#[derive(Default)]
struct Share {
    connections: usize,
    /// Requests over HTTP/2 in progress.
    streams: usize,
}

/// The address has as many connections as it may have, all of them with a request in progress.
#[derive(Debug)]
pub(super) struct AddressIsFull;

/// The place of one connection; free again when it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
    peer: Arc<Peer>,
}

/// A request over HTTP/2 in progress, until it is dropped.
pub(super) struct StreamPlace {
    places: Arc<Places>,
    peer: Arc<Peer>,
}

/// The state of one connection that its parts share.
pub(super) struct Peer {
    network: IpAddr,
    /// When it became idle, or [`BUSY`].
    idle: AtomicU64,
    moments: Arc<AtomicU64>,
    /// Whether it ever sent a whole request.
    has_served: AtomicBool,
    is_upgraded: AtomicBool,
    /// How many requests the service is answering.
    in_service: AtomicUsize,
    /// Whether something could not be written yet.
    is_blocked: AtomicBool,
    /// How many requests reached the service.
    requests: AtomicU64,
    /// The first request that is framed ambiguously.
    bad_head: OnceLock<BadHead>,
    is_evicted: AtomicBool,
    eviction: Notify,
}

/// A request that must not be served.
#[derive(Debug)]
struct BadHead {
    /// How many requests came before it.
    index: u64,
    message: &'static str,
}

impl Places {
    pub(super) fn new(max: usize, max_per_address: usize) -> Self {
        Self {
            max: max.max(1),
            max_per_address: max_per_address.max(1),
            inner: Mutex::default(),
            freed: Notify::new(),
            moments: Arc::new(AtomicU64::new(BUSY + 1)),
        }
    }

    /// A place for a connection from `address`. Where there is none, the connection that has been
    /// idle longest is closed; waits until one has ended.
    pub(super) async fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, AddressIsFull> {
        let network = network_of(address);
        loop {
            let freed = self.freed.notified();
            {
                let mut inner = self.lock();
                let share = inner.of_address.get(&network);
                let from_here = share.map_or(0, |share| share.connections);
                if from_here >= self.max_per_address {
                    if !inner.evict(|peer| peer.network == network) {
                        return Err(AddressIsFull);
                    }
                } else if inner.peers.len() >= self.max {
                    // Without an idle one, some request must end first.
                    inner.evict(|_| true);
                } else {
                    return Ok(self.insert(&mut inner, network));
                }
            }
            freed.await;
        }
    }

    /// Closes the connection that has been idle longest, if there is one.
    pub(super) fn evict_one(&self) {
        self.lock().evict(|_| true);
    }

    fn insert(self: &Arc<Self>, inner: &mut Inner, network: IpAddr) -> Place {
        let id = inner.next;
        inner.next += 1;
        let peer = Arc::new(Peer {
            network,
            idle: AtomicU64::new(BUSY),
            moments: Arc::clone(&self.moments),
            has_served: AtomicBool::new(false),
            is_upgraded: AtomicBool::new(false),
            in_service: AtomicUsize::new(0),
            is_blocked: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            bad_head: OnceLock::new(),
            is_evicted: AtomicBool::new(false),
            eviction: Notify::new(),
        });
        peer.rest();
        inner.peers.insert(id, Arc::clone(&peer));
        inner.of_address.entry(network).or_default().connections += 1;
        Place {
            places: Arc::clone(self),
            id,
            peer,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing that panics is done with it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Closes the connection among `candidates` that has been idle longest, one that never sent a
    /// request first; false when none is idle. One at a time: while it has not ended, no other is
    /// closed.
    fn evict(&self, candidates: impl Fn(&Peer) -> bool) -> bool {
        let is_leaving = |peer: &Peer| peer.is_evicted.load(Ordering::Relaxed) && candidates(peer);
        if self.peers.values().any(|peer| is_leaving(peer)) {
            return true;
        }
        let idle = self.peers.values().filter_map(|peer| {
            let since = peer.idle.load(Ordering::Relaxed);
            let has_served = peer.has_served.load(Ordering::Relaxed);
            (since != BUSY && !peer.is_blocked() && candidates(peer))
                .then_some(((has_served, since), peer))
        });
        match idle.min_by_key(|(order, _)| *order) {
            Some((_, peer)) => {
                peer.is_evicted.store(true, Ordering::Relaxed);
                peer.eviction.notify_one();
                true
            }
            None => false,
        }
    }

    /// Takes something from the share of an address.
    fn release(&mut self, network: IpAddr, take: impl FnOnce(&mut Share)) {
        if let Some(share) = self.of_address.get_mut(&network) {
            take(share);
            if share.connections == 0 && share.streams == 0 {
                self.of_address.remove(&network);
            }
        }
    }
}

impl Place {
    pub(super) fn peer(&self) -> &Arc<Peer> {
        &self.peer
    }

    /// A place for a request over HTTP/2; `None` while there are too many of them.
    pub(super) fn begin_stream(&self) -> Option<StreamPlace> {
        let (places, peer) = (&self.places, &self.peer);
        let mut inner = places.lock();
        if inner.streams >= places.max {
            return None;
        }
        let share = inner.of_address.entry(peer.network).or_default();
        if share.streams >= places.max_per_address {
            return None;
        }
        share.streams += 1;
        inner.streams += 1;
        drop(inner);
        peer.begin();
        Some(StreamPlace {
            places: Arc::clone(places),
            peer: Arc::clone(peer),
        })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut inner = self.places.lock();
        inner.streams -= 1;
        inner.release(self.peer.network, |share| share.streams -= 1);
        drop(inner);
        self.peer.end_request(false);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inner = self.places.lock();
        inner.peers.remove(&self.id);
        inner.release(self.peer.network, |share| share.connections -= 1);
        drop(inner);
        self.places.freed.notify_one();
    }
}

impl Peer {
    fn begin(&self) {
        self.in_service.fetch_add(1, Ordering::Relaxed);
        self.idle.store(BUSY, Ordering::Relaxed);
        self.has_served.store(true, Ordering::Relaxed);
    }

    /// A request over HTTP/1.1 reached the service.
    ///
    /// # Errors
    /// Why it must not be served.
    pub(super) fn begin_request(&self) -> Result<(), &'static str> {
        self.begin();
        let index = self.requests.fetch_add(1, Ordering::Relaxed);
        match self.bad_head.get() {
            Some(bad) if bad.index <= index => Err(bad.message),
            _ => Ok(()),
        }
    }

    /// The service has answered. The connection is idle once all answers are written.
    pub(super) fn end_request(&self, is_upgrade: bool) {
        if is_upgrade {
            self.is_upgraded.store(true, Ordering::Relaxed);
        }
        self.in_service.fetch_sub(1, Ordering::Relaxed);
    }

    /// Something waits until the client reads.
    pub(super) fn block(&self) {
        self.is_blocked.store(true, Ordering::Relaxed);
    }

    /// Whether something waits until the client reads.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked.load(Ordering::Relaxed)
    }

    /// Everything is written.
    pub(super) fn written(&self) {
        self.is_blocked.store(false, Ordering::Relaxed);
        if self.idle.load(Ordering::Relaxed) == BUSY
            && self.in_service.load(Ordering::Relaxed) == 0
            && !self.is_upgraded()
            && self.has_served.load(Ordering::Relaxed)
        {
            self.rest();
        }
    }

    /// Whether the connection speaks another protocol by now.
    pub(super) fn is_upgraded(&self) -> bool {
        self.is_upgraded.load(Ordering::Relaxed)
    }

    /// The request after `index` others is framed ambiguously.
    pub(super) fn distrust(&self, index: u64, message: &'static str) {
        // The first one counts: nothing after it is read.
        let _ = self.bad_head.set(BadHead { index, message });
    }

    /// Resolves when the connection must make room for another.
    pub(super) async fn evicted(&self) {
        self.eviction.notified().await;
    }

    /// The connection waits for its client: it may be closed to make room.
    pub(super) fn rest(&self) {
        let moment = self.moments.fetch_add(1, Ordering::Relaxed);
        self.idle.store(moment, Ordering::Relaxed);
    }
}

/// What counts as one address: an IPv6 client usually has a whole /64 network.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const HERE: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

    fn there(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn is_evicted(place: &Place) -> bool {
        let evicted = std::pin::pin!(place.peer().evicted());
        let is_ready = evicted
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready();
        if is_ready {
            // For whoever asks again.
            place.peer().eviction.notify_one();
        }
        is_ready
    }

    fn serve_one(place: &Place) {
        place.peer().begin_request().unwrap();
        place.peer().end_request(false);
        place.peer().written();
    }

    #[tokio::test]
    async fn a_newcomer_gets_the_place_of_the_connection_that_was_silent_longest() {
        let places = Arc::new(Places::new(3, 3));
        let served = places.take(there(1)).await.unwrap();
        serve_one(&served);
        let silent = places.take(there(2)).await.unwrap();
        let busy = places.take(there(3)).await.unwrap();
        busy.peer().begin_request().unwrap();
        let newcomer = tokio::spawn({
            let places = Arc::clone(&places);
            async move { places.take(there(4)).await.unwrap() }
        });
        silent.peer().evicted().await;
        assert!(!is_evicted(&served) && !is_evicted(&busy));
        drop(silent);
        let newcomer = newcomer.await.unwrap();
        newcomer.peer().begin_request().unwrap();
        // Then the one that is idle after a request.
        let another = tokio::spawn({
            let places = Arc::clone(&places);
            async move { places.take(there(5)).await.unwrap() }
        });
        served.peer().evicted().await;
        drop(served);
        another.await.unwrap();
        assert!(!is_evicted(&busy));
    }

    #[tokio::test]
    async fn one_address_cannot_take_all_places() {
        let places = Arc::new(Places::new(10, 2));
        let first = places.take(HERE).await.unwrap();
        let second = places.take(HERE).await.unwrap();
        first.peer().begin_request().unwrap();
        second.peer().begin_request().unwrap();
        assert!(places.take(HERE).await.is_err());
        assert!(places.take(there(1)).await.is_ok());
        drop(first);
        assert!(places.take(HERE).await.is_ok());
    }

    #[tokio::test]
    async fn while_all_connections_are_busy_a_newcomer_waits_for_one_to_end() {
        let places = Arc::new(Places::new(1, 1));
        let busy = places.take(there(1)).await.unwrap();
        busy.peer().begin_request().unwrap();
        let mut newcomer = std::pin::pin!(places.take(there(2)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(newcomer.as_mut().poll(&mut context).is_pending());
        drop(busy);
        assert!(matches!(
            newcomer.as_mut().poll(&mut context),
            Poll::Ready(Ok(_))
        ));
    }

    #[tokio::test]
    async fn requests_over_http_2_are_limited_over_all_and_for_each_address() {
        let places = Arc::new(Places::new(3, 2));
        let here = places.take(HERE).await.unwrap();
        let other = places.take(there(1)).await.unwrap();
        let mut streams: Vec<_> = (0..2).map(|_| here.begin_stream().unwrap()).collect();
        assert!(here.begin_stream().is_none(), "one address");
        streams.push(other.begin_stream().unwrap());
        assert!(other.begin_stream().is_none(), "all addresses");
        streams.clear();
        assert!(other.begin_stream().is_some());
    }

    #[tokio::test]
    async fn a_connection_is_busy_while_any_of_its_requests_is_in_progress_or_unwritten() {
        let places = Arc::new(Places::new(1, 1));
        let place = places.take(HERE).await.unwrap();
        let streams = [(); 2].map(|()| place.begin_stream());
        assert!(streams.iter().any(Option::is_none), "one is the limit");
        place.peer().written();
        places.evict_one();
        assert!(!is_evicted(&place), "it is in progress");
        drop(streams);
        place.peer().written();
        place.peer().block();
        places.evict_one();
        assert!(!is_evicted(&place), "its answer is not written");
        place.peer().written();
        places.evict_one();
        assert!(is_evicted(&place));
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let network = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
        assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
    }
}
