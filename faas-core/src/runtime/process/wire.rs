//! The protocol between a host and a child.
//!
//! A frame is the length of the rest (four bytes, little endian), a head in postcard's format, and
//! a tail of raw bytes, so that inputs, outputs and programs need no parsing. Each side limits the
//! size of frames; a frame that is too long or malformed ends the connection.

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Failure, LogLevel, RetryAdvice};

/// The size of the length field, in bytes.
const LENGTH: usize = 4;

/// The maximum size of the head of a host call, in bytes.
pub(super) const AROUND_HEAD: usize = 64;

/// Buffers that grew larger than this for a frame are freed after it.
pub(super) const KEPT_BUFFER: usize = 16 << 10;

/// A request of the host.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request<'a> {
    /// Compile the source in the tail.
    Compile,
    /// Compile the modules of the host in the tail, pairs of a name and a text.
    CompileModules,
    /// Load the program in the tail. Sent before the first call, and before each call of a script.
    Load {
        /// The content of `context.env`, as JSON.
        environment: Option<&'a str>,
        /// The bindings in `context` with their functions.
        #[serde(borrow)]
        bindings: Vec<(&'a str, Vec<&'a str>)>,
        /// Whether the tail is a source, to be compiled within the time and the memory of the call.
        is_script: bool,
    },
    /// Call the function with the input in the tail.
    #[serde(borrow)]
    Call(CallHead<'a>),
    /// The answer to a host call; the tail is its result. Sent before [`Request::Go`].
    Answer {
        serial: u64,
        id: u64,
        #[serde(borrow)]
        answer: AnswerHead<'a>,
    },
    /// Go on after [`Reply::Wait`].
    Go {
        serial: u64,
        /// How much later the deadline is, in microseconds.
        paused: u64,
    },
    /// The deadline has passed after [`Reply::Wait`]: end the call.
    Expire { serial: u64 },
}

/// The answer to a host call without its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum AnswerHead<'a> {
    /// The tail is JSON.
    Json,
    /// The tail is the content of a `Uint8Array`.
    Bytes,
    /// The result is a stream with this number.
    Stream(u64),
    /// The call failed.
    Error { code: &'a str, message: &'a str },
}

/// A call without its input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CallHead<'a> {
    /// Repeated in the answer.
    pub(super) serial: u64,
    pub(super) execution_id: u128,
    pub(super) function_id: u128,
    pub(super) function_version: u32,
    pub(super) function_name: &'a str,
    pub(super) attempt: u32,
    /// Microseconds since 1970.
    pub(super) deadline: i64,
    pub(super) instance_id: &'a str,
    /// Microseconds.
    pub(super) timeout: u64,
    pub(super) memory: u64,
    pub(super) output: u64,
    pub(super) log_lines: u64,
    pub(super) log_bytes: u64,
    pub(super) host_calls: u64,
    pub(super) host_bytes: u64,
    pub(super) is_http: bool,
}

/// A reply of the child.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply<'a> {
    /// The child is sandboxed. Sent once, before it reads anything.
    Ready,
    /// The source was compiled; the tail is the program.
    Compiled {
        /// How the engine calls the code, for people.
        handler: Cow<'a, str>,
    },
    /// The source cannot be compiled.
    Refused {
        message: String,
        line: Option<u32>,
        column: Option<u32>,
        temporary: bool,
    },
    /// The call has ended; the tail is its output, unless it failed.
    #[serde(borrow)]
    Done(DoneHead<'a>),
    /// The code asks its host for something; the tail is the argument or the piece of a stream. Sent
    /// before [`Reply::Wait`].
    HostCall(HostCallHead),
    /// The call waits, and the child does nothing until the host sends [`Request::Go`].
    Wait {
        serial: u64,
        /// The time until the next timer, in microseconds.
        after: Option<u64>,
    },
}

/// A host call without its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HostCallHead {
    pub(super) serial: u64,
    /// Repeated in the answer.
    pub(super) id: u64,
    pub(super) asked: AskedHead,
}

/// What code asks of its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum AskedHead {
    /// The indexes of the binding in [`Request::Load`], and of the function in it.
    Call {
        binding: u32,
        function: u32,
        argument: ArgumentHead,
    },
    Stream {
        stream: u64,
        action: StreamActionHead,
    },
}

/// The argument of a host call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ArgumentHead {
    /// The tail is JSON.
    Json,
    /// The tail is the content of a `Uint8Array`.
    Bytes,
    /// A stream with this number.
    Stream(u64),
}

/// What code does with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StreamActionHead {
    Read,
    Cancel,
    /// The tail is the piece.
    Write,
    End,
    Abort,
}

/// The end of a call without its output.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DoneHead<'a> {
    pub(super) serial: u64,
    pub(super) failure: Option<Failure>,
    /// What its error asks for.
    pub(super) retry: RetryAdvice,
    #[serde(borrow)]
    pub(super) logs: Vec<Line<'a>>,
    /// Whether the child can take another call.
    pub(super) reusable: bool,
}

/// A console line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line<'a> {
    pub(super) level: LogLevel,
    /// Microseconds since 1970.
    pub(super) at: i64,
    pub(super) message: &'a str,
}

/// An invalid frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    /// The frame is longer than the limit.
    #[error("frame of {0} bytes is longer than the limit")]
    TooLong(usize),
    /// The head is malformed.
    #[error("malformed frame")]
    Malformed,
}

impl From<FrameError> for io::Error {
    fn from(error: FrameError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// Appends a frame.
///
/// # Errors
/// [`FrameError::TooLong`] when the frame has 4 GiB or more.
pub(super) fn append(
    buffer: &mut Vec<u8>,
    head: &impl Serialize,
    tail: &[u8],
) -> Result<(), FrameError> {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; LENGTH]);
    *buffer =
        postcard::to_extend(head, std::mem::take(buffer)).map_err(|_| FrameError::Malformed)?;
    buffer.extend_from_slice(tail);
    let length = buffer.len() - start - LENGTH;
    let length = u32::try_from(length).map_err(|_| FrameError::TooLong(length))?;
    if let Some(place) = buffer.get_mut(start..start + LENGTH) {
        place.copy_from_slice(&length.to_le_bytes());
    }
    Ok(())
}

/// Whole microseconds, as on the wire.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Splits a frame into head and tail.
///
/// # Errors
/// [`FrameError::Malformed`] when the head is malformed.
pub(super) fn parse<'a, T: Deserialize<'a>>(frame: &'a [u8]) -> Result<(T, &'a [u8]), FrameError> {
    postcard::take_from_bytes(frame).map_err(|_| FrameError::Malformed)
}

/// How much a read has filled of the room for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filled {
    /// Nothing: the stream has ended.
    End,
    /// Less than there was room for: the stream has nothing more now.
    Partly,
    /// All of it.
    Full,
}

/// Reads frames from a stream.
#[derive(Debug, Default)]
pub(super) struct Frames {
    buffer: Vec<u8>,
    /// The range of bytes that were read but not returned yet.
    start: usize,
    end: usize,
}

impl Frames {
    /// Returns the next frame without its length, of at most `max` bytes; `None` at the end of the
    /// stream. The next call reuses the frame's memory.
    ///
    /// # Errors
    /// The errors of `stream`, after which the call can be repeated; [`FrameError`] as
    /// [`io::ErrorKind::InvalidData`]; [`io::ErrorKind::UnexpectedEof`] within a frame.
    pub(super) fn next(&mut self, stream: &mut impl Read, max: usize) -> io::Result<Option<&[u8]>> {
        loop {
            if let Some(frame) = self.take(max)? {
                return Ok(self.buffer.get(frame));
            }
            if self.fill(stream, max)? == Filled::End {
                return Ok(None);
            }
        }
    }

    /// Takes the next frame out of the buffer, if it is complete there. Returns its place for
    /// [`Self::frame`].
    ///
    /// # Errors
    /// [`FrameError`] when the frame is longer than `max` bytes.
    pub(super) fn take(&mut self, max: usize) -> Result<Option<Range<usize>>, FrameError> {
        let pending = self.buffer.get(self.start..self.end).unwrap_or_default();
        match length_of(pending, max)? {
            Some(length) if pending.len() >= LENGTH + length => {
                let from = self.start + LENGTH;
                self.start = from + length;
                Ok(Some(from..self.start))
            }
            _ => Ok(None),
        }
    }

    /// Returns a frame without its length. It stays until the next [`Self::fill`].
    pub(super) fn frame(&self, place: Range<usize>) -> &[u8] {
        self.buffer.get(place).unwrap_or_default()
    }

    /// Reads once from a stream.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub(super) fn fill(&mut self, stream: &mut impl Read, max: usize) -> io::Result<Filled> {
        let pending = self.buffer.get(self.start..self.end).unwrap_or_default();
        let length = length_of(pending, max)?;
        self.make_room(LENGTH + length.unwrap_or(0));
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        let room = free.len();
        match stream.read(free)? {
            0 if self.start == self.end => Ok(Filled::End),
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.end += read;
                Ok(if read < room {
                    Filled::Partly
                } else {
                    Filled::Full
                })
            }
        }
    }

    /// Returns whether there are unread bytes.
    pub(super) const fn has_more(&self) -> bool {
        self.start < self.end
    }

    /// Frees a large buffer when all its bytes were read.
    pub(super) fn shrink(&mut self) {
        if !self.has_more() && self.buffer.len() > KEPT_BUFFER {
            *self = Self::default();
        }
    }

    /// Makes room for a frame of `length` bytes from `start`, and for at least one more byte.
    fn make_room(&mut self, length: usize) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.start + length.max(self.end - self.start + 1) > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            let least = length.max(self.end + 1).max(KEPT_BUFFER / 4);
            if self.buffer.len() < least {
                self.buffer.resize(least, 0);
            }
        }
    }
}

/// Returns the frame's length, if the length field is complete.
fn length_of(pending: &[u8], max: usize) -> Result<Option<usize>, FrameError> {
    let Some(length) = pending.first_chunk::<LENGTH>() else {
        return Ok(None);
    };
    let length = u32::from_le_bytes(*length) as usize;
    if length > max {
        return Err(FrameError::TooLong(length));
    }
    Ok(Some(length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns `bytes` in pieces of the given sizes, repeatedly.
    struct Trickle<'a> {
        bytes: &'a [u8],
        sizes: &'a [usize],
        next: usize,
    }

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let size = self.sizes[self.next % self.sizes.len()];
            self.next += 1;
            let size = size.min(into.len()).min(self.bytes.len());
            into[..size].copy_from_slice(&self.bytes[..size]);
            self.bytes = &self.bytes[size..];
            Ok(size)
        }
    }

    fn head(serial: u64, name: &str) -> CallHead<'_> {
        CallHead {
            serial,
            execution_id: 1,
            function_id: u128::MAX,
            function_version: 3,
            function_name: name,
            attempt: 1,
            deadline: -5,
            instance_id: "i-1",
            timeout: 7,
            memory: 8,
            output: 9,
            log_lines: 10,
            log_bytes: u64::MAX,
            host_calls: 11,
            host_bytes: 12,
            is_http: true,
        }
    }

    proptest! {
        #[test]
        fn frames_round_trip_however_the_stream_is_split(
            calls in prop::collection::vec(("\\PC{0,9}", prop::collection::vec(any::<u8>(), 0..9000)), 1..8),
            sizes in prop::collection::vec(1..6000_usize, 1..10),
        ) {
            let mut bytes = Vec::new();
            for (serial, (name, tail)) in (0..).zip(&calls) {
                append(&mut bytes, &Request::Call(head(serial, name)), tail).unwrap();
            }
            let mut stream = Trickle { bytes: &bytes, sizes: &sizes, next: 0 };
            let mut frames = Frames::default();
            for (serial, (name, tail)) in (0..).zip(&calls) {
                let frame = frames.next(&mut stream, 1 << 20).unwrap().unwrap();
                let (request, rest) = parse::<Request<'_>>(frame).unwrap();
                let Request::Call(call) = request else { panic!("{request:?}") };
                prop_assert_eq!(call, head(serial, name));
                prop_assert_eq!(rest, tail);
                frames.shrink();
            }
            prop_assert!(frames.next(&mut stream, 1 << 20).unwrap().is_none());
        }

        #[test]
        fn arbitrary_bytes_never_panic_or_exceed_the_buffer_bound(
            bytes in prop::collection::vec(any::<u8>(), 0..4000),
            sizes in prop::collection::vec(1..100_usize, 1..5),
        ) {
            const MAX: usize = 2000;
            let mut stream = Trickle { bytes: &bytes, sizes: &sizes, next: 0 };
            let mut frames = Frames::default();
            while let Ok(Some(frame)) = frames.next(&mut stream, MAX) {
                prop_assert!(frame.len() <= MAX);
                let _ = parse::<Reply<'_>>(frame);
                let _ = parse::<Request<'_>>(frame);
            }
            prop_assert!(frames.buffer.len() <= MAX + LENGTH + KEPT_BUFFER);
        }

        #[test]
        fn a_damaged_frame_never_reads_past_its_end(
            place in any::<prop::sample::Index>(), flip in 1..=255_u8,
        ) {
            let done = Reply::Done(DoneHead {
                serial: 3,
                failure: None,
                retry: RetryAdvice::Policy,
                logs: vec![Line { level: LogLevel::Warn, at: 1, message: "hot" }],
                reusable: true,
            });
            let mut bytes = Vec::new();
            append(&mut bytes, &done, b"{}").unwrap();
            *place.get_mut(&mut bytes[LENGTH..]) ^= flip;
            if let Ok((_, tail)) = parse::<Reply<'_>>(&bytes[LENGTH..]) {
                prop_assert!(tail.len() < bytes.len());
            }
        }
    }

    #[test]
    fn a_frame_with_a_length_above_the_limit_is_refused_before_it_is_read() {
        let mut frames = Frames::default();
        let mut bytes: &[u8] = &1001_u32.to_le_bytes();
        let error = frames.next(&mut bytes, 1000).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn an_end_within_a_frame_is_an_error() {
        let mut bytes: &[u8] = &[9, 0, 0, 0, 1];
        let error = Frames::default().next(&mut bytes, 1000).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
