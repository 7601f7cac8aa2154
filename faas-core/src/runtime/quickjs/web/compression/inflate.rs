//! Decompression. flate2 reads gzip files only as a whole, so their header and end are read here
//! (RFC 1952).

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{CHUNK, Codec, Format};

const INVALID: &str = "the compressed data are not valid";
const TRAILING: &str = "there are data after the end of the compressed data";
const TRUNCATED: &str = "the compressed data end too early";

/// Flags of a gzip header.
const HEADER_CRC: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Decompresses.
pub(super) struct Inflate {
    format: Format,
    decompress: Decompress,
    state: State,
    /// Of the output.
    crc: Crc,
    /// Of the header.
    header_crc: Crc,
    /// The flags of the header, of what is still to be read.
    flags: u8,
    /// The bytes of a field that are read so far.
    field: Vec<u8>,
}

/// What is read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The first ten bytes of a header.
    Start,
    ExtraLength,
    Extra(usize),
    Name,
    Comment,
    HeaderCrc,
    Body,
    /// The checksum and the length.
    Trailer,
    End,
}

impl Inflate {
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            decompress: Decompress::new(format == Format::Zlib),
            state: if format == Format::Gzip {
                State::Start
            } else {
                State::Body
            },
            crc: Crc::new(),
            header_crc: Crc::new(),
            flags: 0,
            field: Vec::new(),
        }
    }

    /// Collects `N` bytes; `None` while some are missing.
    fn field<const N: usize>(&mut self, input: &mut &[u8]) -> Option<[u8; N]> {
        let missing = N.saturating_sub(self.field.len()).min(input.len());
        let (taken, rest) = input.split_at(missing);
        self.field.extend_from_slice(taken);
        *input = rest;
        let field = self.field.as_slice().try_into().ok()?;
        self.field.clear();
        Some(field)
    }

    /// Skips a text with a zero at its end. Returns whether the end was found.
    fn skip_text(&mut self, input: &mut &[u8]) -> bool {
        let end = input.iter().position(|byte| *byte == 0);
        let (text, rest) = input.split_at(end.map_or(input.len(), |end| end + 1));
        self.header_crc.update(text);
        *input = rest;
        end.is_some()
    }

    /// Goes to the next part of the header that is there.
    fn next_part(&mut self) {
        for (flag, state) in [
            (EXTRA, State::ExtraLength),
            (NAME, State::Name),
            (COMMENT, State::Comment),
            (HEADER_CRC, State::HeaderCrc),
        ] {
            if self.flags & flag != 0 {
                self.flags &= !flag;
                self.state = state;
                return;
            }
        }
        self.state = State::Body;
    }

    /// Reads a part of the header or trailer. Returns whether it was complete.
    fn read_frame(&mut self, input: &mut &[u8]) -> Result<bool, &'static str> {
        match self.state {
            State::Start => {
                let Some(start) = self.field::<10>(input) else {
                    return Ok(false);
                };
                let [0x1f, 0x8b, 8, flags, ..] = start else {
                    return Err(INVALID);
                };
                if flags & RESERVED != 0 {
                    return Err(INVALID);
                }
                self.header_crc.update(&start);
                self.flags = flags;
                self.next_part();
            }
            State::ExtraLength => {
                let Some(length) = self.field::<2>(input) else {
                    return Ok(false);
                };
                self.header_crc.update(&length);
                self.state = State::Extra(usize::from(u16::from_le_bytes(length)));
            }
            State::Extra(left) => {
                let (extra, rest) = input.split_at(left.min(input.len()));
                self.header_crc.update(extra);
                *input = rest;
                self.state = State::Extra(left - extra.len());
                if left > extra.len() {
                    return Ok(false);
                }
                self.next_part();
            }
            State::Name | State::Comment => {
                if !self.skip_text(input) {
                    return Ok(false);
                }
                self.next_part();
            }
            State::HeaderCrc => {
                let Some(crc) = self.field::<2>(input) else {
                    return Ok(false);
                };
                let [low, high, ..] = self.header_crc.sum().to_le_bytes();
                if crc != [low, high] {
                    return Err(INVALID);
                }
                self.next_part();
            }
            State::Trailer => {
                let Some(trailer) = self.field::<8>(input) else {
                    return Ok(false);
                };
                let (crc, length) = (self.crc.sum(), self.crc.amount());
                let expected = u64::from(crc) | (u64::from(length) << 32);
                if u64::from_le_bytes(trailer) != expected {
                    return Err(INVALID);
                }
                self.state = State::End;
            }
            State::Body | State::End => return Ok(false),
        }
        Ok(true)
    }
}

impl Codec for Inflate {
    fn step(
        &mut self,
        input: &[u8],
        is_last: bool,
        output: &mut Vec<u8>,
    ) -> Result<usize, &'static str> {
        let mut rest = input;
        output.reserve_exact(CHUNK);
        loop {
            match self.state {
                // What comes before is output first.
                State::End if !rest.is_empty() && output.is_empty() => return Err(TRAILING),
                State::End => break,
                State::Body => {
                    if output.len() == CHUNK {
                        break;
                    }
                    let before = self.decompress.total_in();
                    let made = output.len();
                    let status = self
                        .decompress
                        .decompress_vec(rest, output, FlushDecompress::None)
                        .map_err(|_| INVALID)?;
                    let taken = usize::try_from(self.decompress.total_in() - before).unwrap_or(0);
                    self.crc.update(output.get(made..).unwrap_or_default());
                    rest = rest.get(taken..).unwrap_or_default();
                    if status == Status::StreamEnd {
                        self.state = if self.format == Format::Gzip {
                            State::Trailer
                        } else {
                            State::End
                        };
                    } else if taken == 0 && output.len() == made {
                        break;
                    }
                }
                _ => {
                    if !self.read_frame(&mut rest)? {
                        break;
                    }
                }
            }
        }
        if is_last && rest.is_empty() && output.is_empty() && self.state != State::End {
            return Err(TRUNCATED);
        }
        Ok(input.len() - rest.len())
    }
}
