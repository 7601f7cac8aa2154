//! The framing of requests, checked on the bytes as they are received.
//!
//! hyper accepts some requests that another server or proxy may split differently (RFC 9112 §11.2,
//! "request smuggling"): a `Content-Length` beside a `Transfer-Encoding`, a transfer coding before
//! `chunked`, equal lengths given twice, a line that ends with a bare LF. It corrects them before it
//! passes a request on, so they can only be seen here. What is no request at all is left to hyper.
//!
//! [`Framing`] follows the stream from head to head. It looks at the lines of heads and at the sizes
//! of chunks; of bodies it only counts the bytes.

/// A line of a head that is longer than this is not followed: hyper refuses it.
const MAX_LINE: usize = 64 << 10;

/// A request whose framing is ambiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ambiguous {
    /// How many requests came before it on the connection.
    pub(super) index: u64,
    /// What is wrong.
    pub(super) message: &'static str,
}

/// Where in the stream of requests the next byte belongs.
pub(super) struct Framing {
    state: State,
    head: Head,
    /// The start of a line whose end has not been received.
    line: Vec<u8>,
    /// How many heads are complete.
    heads: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    /// So many bytes of a body are left.
    Body(u64),
    Chunks(Chunk),
    /// The stream is not followed any more.
    Lost,
}

/// Where in a chunked body (RFC 9112 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chunk {
    Size(u64),
    Extension(u64),
    SizeEnd(u64),
    Data(u64),
    DataCr,
    DataLf,
    /// In a line after the last chunk, of so many bytes.
    Trailer(usize),
    TrailerEnd(usize),
}

/// What the lines of a head have said so far.
#[derive(Debug, Default, Clone, Copy)]
struct Head {
    is_begun: bool,
    is_http_11: bool,
    hosts: u32,
    length: Option<u64>,
    is_chunked: bool,
}

impl Framing {
    pub(super) fn new() -> Self {
        Self {
            state: State::Head,
            head: Head::default(),
            line: Vec::new(),
            heads: 0,
        }
    }

    /// Whether the stream is between two requests, as far as it was received.
    pub(super) fn is_between_requests(&self) -> bool {
        self.state == State::Head && !self.head.is_begun && self.line.is_empty()
    }

    /// Follows the next bytes of the stream.
    ///
    /// # Errors
    /// The request whose framing is ambiguous. Nothing after it is followed.
    pub(super) fn receive(&mut self, mut bytes: &[u8]) -> Result<(), Ambiguous> {
        while !bytes.is_empty() {
            let used = match self.state {
                State::Head => self
                    .lines(bytes)
                    .inspect_err(|_| self.state = State::Lost)?,
                State::Body(left) => {
                    let here = u64::try_from(bytes.len()).unwrap_or(u64::MAX).min(left);
                    self.state = match left - here {
                        0 => State::Head,
                        left => State::Body(left),
                    };
                    usize::try_from(here).unwrap_or(bytes.len())
                }
                State::Chunks(chunk) => self.chunk(chunk, bytes)?,
                State::Lost => return Ok(()),
            };
            bytes = bytes.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    /// Takes one line of a head, or the start of one; says how many bytes that is.
    fn lines(&mut self, bytes: &[u8]) -> Result<usize, Ambiguous> {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            if self.line.len() + bytes.len() > MAX_LINE {
                self.state = State::Lost;
                self.line = Vec::new();
            } else {
                self.line.extend_from_slice(bytes);
            }
            return Ok(bytes.len());
        };
        let (line, _) = bytes.split_at(end);
        let whole = if self.line.is_empty() {
            self.head.line(line)
        } else {
            self.line.extend_from_slice(line);
            self.head.line(&std::mem::take(&mut self.line))
        };
        let index = self.heads;
        let is_end = whole.map_err(|message| Ambiguous { index, message })?;
        if is_end {
            self.state = match (self.head.is_chunked, self.head.length) {
                (true, _) => State::Chunks(Chunk::Size(0)),
                (false, None | Some(0)) => State::Head,
                (false, Some(length)) => State::Body(length),
            };
            self.head = Head::default();
            self.heads += 1;
        }
        Ok(end + 1)
    }

    /// Takes a part of a chunked body; says how many bytes that is.
    ///
    /// # Errors
    /// The body is malformed. hyper refuses most such bodies; where it does not, another server may
    /// see another end, so the next request is refused.
    fn chunk(&mut self, chunk: Chunk, bytes: &[u8]) -> Result<usize, Ambiguous> {
        let Some(byte) = bytes.first().copied() else {
            return Ok(0);
        };
        let mut used = 1;
        let next = match (chunk, byte) {
            (Chunk::Size(size), b'\r') => Some(Chunk::SizeEnd(size)),
            (Chunk::Size(size), b';' | b' ' | b'\t') => Some(Chunk::Extension(size)),
            (Chunk::Size(size), digit) => char::from(digit)
                .to_digit(16)
                .and_then(|digit| size.checked_mul(16)?.checked_add(u64::from(digit)))
                .map(Chunk::Size),
            (Chunk::Extension(size), b'\r') => Some(Chunk::SizeEnd(size)),
            (Chunk::Extension(_), b'\n') => None,
            (Chunk::Extension(size), _) => Some(Chunk::Extension(size)),
            (Chunk::SizeEnd(0), b'\n') => Some(Chunk::Trailer(0)),
            (Chunk::SizeEnd(size), b'\n') => Some(Chunk::Data(size)),
            (Chunk::Data(left), _) => {
                let here = u64::try_from(bytes.len()).unwrap_or(u64::MAX).min(left);
                used = usize::try_from(here).unwrap_or(bytes.len());
                Some(match left - here {
                    0 => Chunk::DataCr,
                    left => Chunk::Data(left),
                })
            }
            (Chunk::DataCr, b'\r') => Some(Chunk::DataLf),
            (Chunk::DataLf, b'\n') => Some(Chunk::Size(0)),
            (Chunk::Trailer(length), b'\r') => Some(Chunk::TrailerEnd(length)),
            (Chunk::Trailer(_), b'\n') => None,
            (Chunk::Trailer(length), _) => Some(Chunk::Trailer(length.saturating_add(1))),
            (Chunk::TrailerEnd(0), b'\n') => {
                self.state = State::Head;
                return Ok(used);
            }
            (Chunk::TrailerEnd(_), b'\n') => Some(Chunk::Trailer(0)),
            (Chunk::SizeEnd(_) | Chunk::DataCr | Chunk::DataLf | Chunk::TrailerEnd(_), _) => None,
        };
        let Some(next) = next else {
            self.state = State::Lost;
            return Err(Ambiguous {
                index: self.heads,
                message: "the body of the request before has a malformed chunk or trailer",
            });
        };
        self.state = State::Chunks(next);
        Ok(used)
    }
}

impl Head {
    /// Takes a line without its LF; true for the empty line at the end of the head.
    fn line(&mut self, line: &[u8]) -> Result<bool, &'static str> {
        let Some((b'\r', line)) = line.split_last() else {
            return Err("a line of the request's head ends with LF: expected CR LF");
        };
        if line.iter().any(|byte| matches!(byte, b'\r' | b'\0')) {
            return Err("the request's head has a CR or NUL within a line");
        }
        match (line.first(), self.is_begun) {
            // Empty lines before a request are skipped (RFC 9112 §2.2).
            (None, false) => Ok(false),
            (Some(_), false) => {
                self.is_begun = true;
                self.is_http_11 = line.ends_with(b"HTTP/1.1");
                Ok(false)
            }
            (None, true) => self.check().map(|()| true),
            (Some(b' ' | b'\t'), true) => Err("a header is folded over several lines"),
            (Some(_), true) => self.field(line).map(|()| false),
        }
    }

    fn field(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            // hyper refuses it.
            return Ok(());
        };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        let is = |expected: &[u8]| name.trim_ascii().eq_ignore_ascii_case(expected);
        if is(b"content-length") {
            if self.length.is_some() {
                return Err("Content-Length is given twice");
            }
            self.length = Some(length(value).ok_or("Content-Length is not a whole number")?);
        } else if is(b"transfer-encoding") {
            if self.is_chunked {
                return Err("Transfer-Encoding is given twice");
            }
            if !value.eq_ignore_ascii_case(b"chunked") {
                return Err("unsupported Transfer-Encoding: expected chunked alone");
            }
            self.is_chunked = true;
        } else if is(b"host") {
            self.hosts += 1;
        } else {
            return Ok(());
        }
        if name.len() == name.trim_ascii().len() {
            Ok(())
        } else {
            Err("a header has a space before its colon")
        }
    }

    /// Checks what only the whole head can tell.
    fn check(&self) -> Result<(), &'static str> {
        if self.is_chunked && self.length.is_some() {
            return Err("both Content-Length and Transfer-Encoding are given");
        }
        if self.is_chunked && !self.is_http_11 {
            return Err("Transfer-Encoding needs HTTP/1.1");
        }
        match self.hosts {
            0 if self.is_http_11 => Err("the Host header is missing: HTTP/1.1 requires it"),
            0 | 1 => Ok(()),
            _ => Err("Host is given twice"),
        }
    }
}

/// Digits and nothing else (RFC 9110 §8.6).
fn length(value: &[u8]) -> Option<u64> {
    let is_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| is_digits)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows a stream that is received in pieces of `piece` bytes.
    fn follow(stream: &str, piece: usize) -> (Result<(), Ambiguous>, bool) {
        let mut framing = Framing::new();
        for bytes in stream.as_bytes().chunks(piece) {
            if let Err(error) = framing.receive(bytes) {
                return (Err(error), framing.is_between_requests());
            }
        }
        (Ok(()), framing.is_between_requests())
    }

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    #[test]
    fn requests_are_followed_over_bodies_of_every_kind_however_they_are_cut() {
        for body in [
            "",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\ncontent-length:  5 \r\n\r\na\nb\nc",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n\
             5\r\na\nb\nc\r\n1A;x=\"y\"\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
             0\r\nX: y\r\nZ: \r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n",
            "\r\n\r\n",
        ] {
            for piece in 1..=60 {
                let good = format!("{body}{GET}{body}");
                assert_eq!(follow(&good, piece), (Ok(()), true), "{body} {piece}");
                let bad = format!("{GET}{body}GET / HTTP/1.1\r\n\r\n");
                let (result, _) = follow(&bad, piece);
                let index = result.unwrap_err().index;
                let expected = 1 + u64::from(body.contains("HTTP"));
                assert_eq!(index, expected, "{body} {piece}");
            }
        }
    }

    #[test]
    fn what_two_servers_could_read_in_two_ways_is_ambiguous() {
        for (fields, message) in [
            (
                "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
                "both",
            ),
            (
                "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5",
                "both",
            ),
            ("Host: a\r\nTransfer-Encoding: gzip, chunked", "alone"),
            ("Host: a\r\nTransfer-Encoding: identity", "alone"),
            (
                "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "twice",
            ),
            ("Host: a\r\nContent-Length: 5\r\nContent-Length: 5", "twice"),
            ("Host: a\r\nContent-Length: 5\r\nContent-Length: 6", "twice"),
            ("Host: a\r\nContent-Length: 5, 5", "whole number"),
            ("Host: a\r\nContent-Length: +5", "whole number"),
            ("Host: a\r\nContent-Length: ", "whole number"),
            (
                "Host: a\r\nContent-Length: 99999999999999999999",
                "whole number",
            ),
            ("Host: a\r\nContent-Length : 5", "space before"),
            ("Host: a\nX: y", "LF"),
            ("Host: a\r\nX: y\n z", "LF"),
            ("Host: a\r\nX: y\r\n z", "folded"),
            ("Host: a\r\nX: y\rz", "CR or NUL"),
            ("Host: a\r\nX: y\0z", "CR or NUL"),
            ("X: y", "missing"),
            ("Host: a\r\nhost: a", "twice"),
        ] {
            for piece in [1, 7, 1_000] {
                let stream = format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n");
                let (result, _) = follow(&stream, piece);
                let error = result.unwrap_err();
                assert!(error.message.contains(message), "{fields:?}: {error:?}");
            }
        }
        let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert!(follow(old, 9).0.is_err());
    }

    #[test]
    fn memory_stays_bounded_whatever_is_received() {
        let mut framing = Framing::new();
        for _ in 0..1_000 {
            framing.receive(&[b'x'; 1_000]).unwrap();
            assert!(framing.line.capacity() <= 2 * MAX_LINE);
        }
        assert_eq!(framing.state, State::Lost);
    }

    #[test]
    fn no_request_after_a_malformed_body_is_trusted() {
        for body in ["x", "fffffffffffffffff\r\n", "0\r\n\n", "0\r\nX: y\n"] {
            let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
            let (result, is_between) = follow(&format!("{head}{body}{GET}"), 3);
            assert_eq!(
                (result.unwrap_err().index, is_between),
                (1, false),
                "{body:?}"
            );
        }
    }
}
