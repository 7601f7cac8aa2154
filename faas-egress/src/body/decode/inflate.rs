//! gzip (RFC 1952) and deflate (RFC 1950, or RFC 1951 as some servers send it).

use bytes::{Buf as _, Bytes, BytesMut};
use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{Damaged, PIECE, Stage};

/// The longest gzip header that is read.
const MAX_HEADER: usize = 16 << 10;
const TRAILER: usize = 8;

/// Flags of a gzip header.
const HEADER_CRC: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

pub(super) struct Inflate {
    is_gzip: bool,
    state: State,
    input: Bytes,
    /// The beginning of a header or trailer that is not complete yet.
    pending: BytesMut,
    decompress: Decompress,
    /// Of the output.
    crc: Crc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    Body,
    Trailer,
    /// A whole member was read; another one may follow.
    Between,
    /// What follows is ignored, as browsers do.
    End,
}

impl Inflate {
    pub(super) fn gzip() -> Self {
        Self::new(true)
    }

    pub(super) fn deflate() -> Self {
        Self::new(false)
    }

    fn new(is_gzip: bool) -> Self {
        Self {
            is_gzip,
            state: State::Header,
            input: Bytes::new(),
            pending: BytesMut::new(),
            decompress: Decompress::new(false),
            crc: Crc::new(),
        }
    }

    const fn name(&self) -> &'static str {
        if self.is_gzip { "gzip" } else { "deflate" }
    }

    /// Reads a header, if it is complete.
    fn header(&mut self) -> Result<bool, Damaged> {
        self.pending.extend_from_slice(&self.input);
        self.input.clear();
        if self.is_gzip {
            let Some(length) = gzip_header(&self.pending)? else {
                return if self.pending.len() > MAX_HEADER {
                    Err(Damaged::Invalid("gzip"))
                } else {
                    Ok(false)
                };
            };
            self.pending.advance(length);
            self.decompress.reset(false);
        } else {
            let [method, flags, ..] = *self.pending else {
                return Ok(false);
            };
            let is_zlib =
                method & 0x0f == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31);
            self.decompress.reset(is_zlib);
        }
        self.crc = Crc::new();
        self.input = self.pending.split().freeze();
        self.state = State::Body;
        Ok(true)
    }

    /// Inflates a piece; `None` if it needs more input.
    fn body(&mut self) -> Result<Option<Bytes>, Damaged> {
        let mut output = Vec::with_capacity(PIECE);
        loop {
            let before = self.decompress.total_in();
            let made = output.len();
            let status = self
                .decompress
                .decompress_vec(&self.input, &mut output, FlushDecompress::None)
                .map_err(|_| Damaged::Invalid(self.name()))?;
            let taken = usize::try_from(self.decompress.total_in() - before).unwrap_or(usize::MAX);
            self.input.advance(taken.min(self.input.len()));
            if status == Status::StreamEnd {
                self.state = if self.is_gzip {
                    State::Trailer
                } else {
                    State::End
                };
                break;
            }
            if output.len() == output.capacity() || (taken == 0 && output.len() == made) {
                break;
            }
        }
        self.crc.update(&output);
        Ok((!output.is_empty()).then(|| output.into()))
    }

    /// Checks a trailer, if it is complete.
    fn trailer(&mut self) -> Result<bool, Damaged> {
        let missing = TRAILER.saturating_sub(self.pending.len());
        let taken = self.input.split_to(missing.min(self.input.len()));
        self.pending.extend_from_slice(&taken);
        let Ok(trailer) = <[u8; TRAILER]>::try_from(self.pending.as_ref()) else {
            return Ok(false);
        };
        let expected = u64::from(self.crc.sum()) | u64::from(self.crc.amount()) << 32;
        if u64::from_le_bytes(trailer) != expected {
            return Err(Damaged::Invalid("gzip"));
        }
        self.pending.clear();
        self.state = State::Between;
        Ok(true)
    }
}

impl Stage for Inflate {
    fn push(&mut self, input: Bytes) {
        self.input = input;
    }

    fn pull(&mut self) -> Result<Option<Bytes>, Damaged> {
        loop {
            let goes_on = match self.state {
                State::Header => self.header()?,
                State::Body => {
                    let piece = self.body()?;
                    if piece.is_some() {
                        return Ok(piece);
                    }
                    self.state != State::Body
                }
                State::Trailer => self.trailer()?,
                State::Between => match self.input.first() {
                    None => false,
                    Some(0x1f) => {
                        self.state = State::Header;
                        true
                    }
                    Some(_) => {
                        self.state = State::End;
                        true
                    }
                },
                State::End => {
                    self.input.clear();
                    false
                }
            };
            if !goes_on {
                return Ok(None);
            }
        }
    }

    fn finish(&self) -> Result<(), Damaged> {
        match self.state {
            State::Between | State::End => Ok(()),
            State::Header | State::Body | State::Trailer => Err(Damaged::Truncated(self.name())),
        }
    }
}

/// The length of a gzip header; `None` if it is not complete.
fn gzip_header(bytes: &[u8]) -> Result<Option<usize>, Damaged> {
    let start = bytes.get(..bytes.len().min(3)).unwrap_or_default();
    if !b"\x1f\x8b\x08".starts_with(start) {
        return Err(Damaged::Invalid("gzip"));
    }
    let Some((fixed, mut rest)) = bytes.split_first_chunk::<10>() else {
        return Ok(None);
    };
    let [_, _, _, flags, ..] = *fixed;
    if flags & RESERVED != 0 {
        return Err(Damaged::Invalid("gzip"));
    }
    if flags & EXTRA != 0 {
        let Some((length, after)) = rest.split_first_chunk::<2>() else {
            return Ok(None);
        };
        let Some(after) = after.get(usize::from(u16::from_le_bytes(*length))..) else {
            return Ok(None);
        };
        rest = after;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let Some(end) = rest.iter().position(|byte| *byte == 0) else {
                return Ok(None);
            };
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }
    if flags & HEADER_CRC != 0 {
        let Some((found, after)) = rest.split_first_chunk::<2>() else {
            return Ok(None);
        };
        let mut crc = Crc::new();
        let length = bytes.len() - rest.len();
        crc.update(bytes.get(..length).unwrap_or_default());
        let [low, high, ..] = crc.sum().to_le_bytes();
        if *found != [low, high] {
            return Err(Damaged::Invalid("gzip"));
        }
        rest = after;
    }
    Ok(Some(bytes.len() - rest.len()))
}
