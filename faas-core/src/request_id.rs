//! Ids of requests, which tie an answer to the lines that the log has about it: made, or taken from
//! who asks. Front ends send them as `X-Request-Id`.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// The header, in lower case.
pub const HEADER: &str = "x-request-id";
/// The longest id that is taken from a client, in bytes.
const LONGEST: usize = 128;

/// Makes ids for requests that bring none: a number that rises, behind a random prefix that tells
/// one server's from another's.
#[derive(Debug)]
pub struct RequestIds {
    prefix: u32,
    next: AtomicU64,
}

impl RequestIds {
    /// With a prefix of their own.
    pub fn new() -> Self {
        Self {
            prefix: fastrand::u32(..),
            next: AtomicU64::new(1),
        }
    }

    /// That of a request: what it came with, if that can go into an answer and a line of the log as it
    /// is; else a new one. Either can be a header's value.
    pub fn of(&self, brought: Option<&[u8]>) -> String {
        brought
            .filter(|id| is_sane(id))
            .and_then(|id| String::from_utf8(id.to_vec()).ok())
            .unwrap_or_else(|| self.make())
    }

    /// The next one. It has hexadecimal digits and a hyphen.
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
    fn ids_differ_and_could_have_been_a_clients() {
        let ids = RequestIds::new();
        let (one, two) = (ids.of(None), ids.of(None));
        assert_ne!(one, two);
        assert_eq!(ids.of(Some(one.as_bytes())), one);
    }

    #[test]
    fn what_could_begin_a_line_of_its_own_or_fill_the_log_is_not_taken() {
        let ids = RequestIds::new();
        let taken = |id: &[u8]| ids.of(Some(id)).as_bytes() == id;
        assert!(taken(b"my-id_1") && taken(&[b'x'; 128]));
        for bad in [&b""[..], b"two words", b"a\nb", b"\xff", &[b'x'; 129]] {
            assert!(!taken(bad), "{bad:?}");
        }
    }
}
