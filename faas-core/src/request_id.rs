//! Request ids, which connect an answer with its log lines. The client sends one, or the server
//! makes one. Front ends return it as `X-Request-Id`.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// The header name, in lower case.
pub const HEADER: &str = "x-request-id";
/// The longest id accepted from a client, in bytes.
const LONGEST: usize = 128;

/// Makes ids for requests without one: an increasing number after a random prefix, which differs
/// between servers.
#[derive(Debug)]
pub struct RequestIds {
    prefix: u32,
    next: AtomicU64,
}

impl RequestIds {
    /// Creates a generator with a random prefix.
    pub fn new() -> Self {
        Self {
            prefix: fastrand::u32(..),
            next: AtomicU64::new(1),
        }
    }

    /// Returns the request's id: the client's, if it is safe to put into a header and a log line,
    /// otherwise a new one.
    pub fn of(&self, brought: Option<&[u8]>) -> String {
        brought
            .filter(|id| is_sane(id))
            .and_then(|id| String::from_utf8(id.to_vec()).ok())
            .unwrap_or_else(|| self.make())
    }

    /// Makes the next id, from hexadecimal digits and a hyphen.
    fn make(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut id = String::with_capacity(24);
        // Writing to a string cannot fail.
        let _ = write!(id, "{:08x}-{number:x}", self.prefix);
        id
    }
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}

fn is_sane(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_ids_are_unique_and_valid_as_client_ids() {
        let ids = RequestIds::new();
        let (one, two) = (ids.of(None), ids.of(None));
        assert_ne!(one, two);
        assert_eq!(ids.of(Some(one.as_bytes())), one);
    }

    #[test]
    fn ids_that_are_too_long_or_not_printable_are_replaced() {
        let ids = RequestIds::new();
        let taken = |id: &[u8]| ids.of(Some(id)).as_bytes() == id;
        assert!(taken(b"my-id_1") && taken(&[b'x'; 128]));
        for bad in [&b""[..], b"two words", b"a\nb", b"\xff", &[b'x'; 129]] {
            assert!(!taken(bad), "{bad:?}");
        }
    }
}
