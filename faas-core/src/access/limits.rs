//! Rate limits.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::clock::Clock;
use crate::model::KeyId;

/// The number of wrong keys allowed from one address at once; the allowance grows by one per
/// second.
const WRONG_KEYS: NonZeroU32 = NonZeroU32::new(20).unwrap();
const A_SECOND: NonZeroU32 = NonZeroU32::new(1).unwrap();

/// The number of requests allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Per second, on average.
    pub per_second: NonZeroU32,
    /// At once, after a pause.
    pub burst: NonZeroU32,
}

/// The subject of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// All users of a key together.
    Key(KeyId),
    /// All clients at an address; `None`: all clients whose address is unknown.
    Address(Option<IpAddr>),
}

impl Who {
    /// Returns the subject for an address. IPv6 clients are counted per /64 network, because one
    /// client usually has a whole network.
    pub(super) fn at(address: Option<IpAddr>) -> Self {
        const NETWORK: u128 = u128::MAX << 64;
        Self::Address(address.map(|address| match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
            address @ IpAddr::V4(_) => address,
        }))
    }
}

type Limiter = RateLimiter<Who, HashMapStateStore<Who>, Time, NoOpMiddleware<Duration>>;

/// The active limits. [`Limits::tidy`] removes idle subjects, so the memory is bounded by the
/// number of recently active subjects.
pub(super) struct Limits {
    requests: Option<Limiter>,
    wrong_keys: Limiter,
    time: Time,
}

impl Limits {
    pub(super) fn new(rate: Option<Rate>, clock: Arc<dyn Clock>) -> Self {
        let time = Time(clock);
        let limiter = |quota| RateLimiter::hashmap_with_clock(quota, time.clone());
        Self {
            requests: rate
                .map(|rate| limiter(Quota::per_second(rate.per_second).allow_burst(rate.burst))),
            wrong_keys: limiter(Quota::per_second(A_SECOND).allow_burst(WRONG_KEYS)),
            time,
        }
    }

    /// Returns whether requests are limited.
    pub(super) const fn are_set(&self) -> bool {
        self.requests.is_some()
    }

    /// Counts a request. Returns the time to wait when it exceeds the limit.
    pub(super) fn request(&self, who: Who) -> Result<(), Duration> {
        match &self.requests {
            Some(limiter) => self.count(limiter, who),
            None => Ok(()),
        }
    }

    /// Counts a wrong key. Returns the time to wait when it exceeds the limit.
    pub(super) fn wrong_key(&self, who: Who) -> Result<(), Duration> {
        self.count(&self.wrong_keys, who)
    }

    fn count(&self, limiter: &Limiter, who: Who) -> Result<(), Duration> {
        let checked = limiter.check_key(&who);
        checked.map_err(|until| until.wait_time_from(self.time.now()))
    }

    /// Returns the number of subjects that are stored because they sent a wrong key.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.wrong_keys.len()
    }

    /// Removes the subjects whose allowance is full again.
    pub(super) fn tidy(&self) {
        for limiter in self.requests.iter().chain([&self.wrong_keys]) {
            limiter.retain_recent();
        }
    }
}

/// Adapts the platform's clock.
#[derive(Clone)]
struct Time(Arc<dyn Clock>);

impl GovernorClock for Time {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::model::Timestamp;

    fn limits(clock: &ManualClock) -> Limits {
        let rate = Rate {
            per_second: NonZeroU32::new(2).unwrap(),
            burst: NonZeroU32::new(3).unwrap(),
        };
        Limits::new(Some(rate), Arc::new(clock.clone()))
    }

    #[test]
    fn after_a_burst_a_key_waits_and_other_keys_do_not() {
        let clock = ManualClock::new(Timestamp::default());
        let limits = limits(&clock);
        let key = |n| Who::Key(KeyId::from_u128(n));
        for _ in 0..3 {
            assert_eq!(limits.request(key(1)), Ok(()));
        }
        let wait = limits.request(key(1)).unwrap_err();
        assert_eq!(wait, Duration::from_millis(500));
        assert_eq!(limits.request(key(2)), Ok(()));
        clock.advance(wait);
        assert_eq!(limits.request(key(1)), Ok(()));
        assert!(limits.request(key(1)).is_err());
    }

    #[test]
    fn an_ipv6_network_counts_as_one_and_idle_clients_are_removed() {
        let clock = ManualClock::new(Timestamp::default());
        let limits = limits(&clock);
        let at = |text: &str| Who::at(Some(text.parse().unwrap()));
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:2"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:10.0.0.1"), at("10.0.0.1"));
        assert_ne!(at("10.0.0.2"), at("10.0.0.1"));
        limits.request(at("10.0.0.1")).unwrap();
        clock.advance(Duration::from_secs(60));
        limits.tidy();
        assert_eq!(limits.requests.as_ref().unwrap().len(), 0);
    }
}
