//! Zstandard (RFC 8878), one block at a time: a block has 128 KiB at most, but few bytes can stand
//! for many blocks.
//!
//! The decoder keeps as many bytes as the window of a frame has, so output comes late: bodies that
//! must come at once are better sent in another encoding. Checksums are not verified.

use std::io::Read as _;

use bytes::{Buf as _, Bytes, BytesMut};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Damaged, PIECE, Stage};

/// What RFC 8878 §3.1.1.1.2 asks every decoder to support.
const MAX_WINDOW: u64 = 8 << 20;
const MAX_FRAME_HEADER: usize = 18;
const BLOCK_HEADER: usize = 3;
const CHECKSUM: usize = 4;
const INVALID: Damaged = Damaged::Invalid("zstd");

pub(super) struct Zstd {
    decoder: FrameDecoder,
    input: Bytes,
    /// What is not decoded yet: a header, or a block and a checksum.
    pending: BytesMut,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a frame.
    Header,
    Blocks {
        has_checksum: bool,
    },
    /// The bytes of a skippable frame that are left.
    Skipping(usize),
}

impl Zstd {
    pub(super) fn new() -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Self {
            decoder,
            input: Bytes::new(),
            pending: BytesMut::new(),
            state: State::Header,
        }
    }

    /// Fills `pending` to this length, if there is as much.
    fn gather(&mut self, length: usize) -> bool {
        let missing = length.saturating_sub(self.pending.len());
        let taken = self.input.split_to(missing.min(self.input.len()));
        self.pending.extend_from_slice(&taken);
        self.pending.len() >= length
    }

    /// Reads the header of a frame; `false` if it is not complete.
    fn header(&mut self) -> Result<bool, Damaged> {
        // The magic number and the descriptor.
        if !self.gather(5) {
            return Ok(false);
        }
        let [first, second, third, fourth, descriptor, ..] = *self.pending else {
            return Ok(false);
        };
        let magic = u32::from_le_bytes([first, second, third, fourth]);
        let is_skippable = magic & 0xffff_fff0 == 0x184d_2a50;
        let length = if is_skippable {
            8
        } else {
            header_length(descriptor)
        };
        if length > MAX_FRAME_HEADER {
            return Err(INVALID);
        }
        if !self.gather(length) {
            return Ok(false);
        }
        let header = self.pending.split();
        let mut unread: &[u8] = &header;
        self.state = match self.decoder.reset(&mut unread) {
            Ok(()) => State::Blocks {
                has_checksum: descriptor & 0b100 != 0,
            },
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => State::Skipping(usize::try_from(length).unwrap_or(usize::MAX)),
            Err(_) => return Err(INVALID),
        };
        Ok(true)
    }

    /// Decodes a block; `false` if it is not complete.
    fn block(&mut self, has_checksum: bool) -> Result<bool, Damaged> {
        if !self.gather(BLOCK_HEADER) {
            return Ok(false);
        }
        let [low, middle, high, ..] = *self.pending else {
            return Ok(false);
        };
        let header = u32::from_le_bytes([low, middle, high, 0]);
        let size = usize::try_from(header >> 3).unwrap_or(usize::MAX);
        let is_last = header & 1 == 1;
        let size = match header >> 1 & 0b11 {
            // A byte that is repeated.
            1 => 1,
            _ if size > 128 << 10 => return Err(INVALID),
            _ => size,
        };
        let checksum = if is_last && has_checksum { CHECKSUM } else { 0 };
        if !self.gather(BLOCK_HEADER + size + checksum) {
            return Ok(false);
        }
        let block = self.pending.split();
        let mut unread: &[u8] = &block;
        let one = BlockDecodingStrategy::UptoBlocks(1);
        let decoded = self.decoder.decode_blocks(&mut unread, one);
        decoded.map_err(|_| INVALID)?;
        Ok(true)
    }
}

impl Stage for Zstd {
    fn push(&mut self, input: Bytes) {
        self.input = input;
    }

    fn pull(&mut self) -> Result<Option<Bytes>, Damaged> {
        loop {
            let ready = self.decoder.can_collect();
            if ready > 0 {
                let mut output = vec![0; ready.min(PIECE)];
                let made = self.decoder.read(&mut output).map_err(|_| INVALID)?;
                output.truncate(made);
                if made > 0 {
                    return Ok(Some(output.into()));
                }
            }
            let goes_on = match self.state {
                State::Header => self.header()?,
                State::Skipping(left) => {
                    let skipped = left.min(self.input.len());
                    self.input.advance(skipped);
                    self.state = if left == skipped {
                        State::Header
                    } else {
                        State::Skipping(left - skipped)
                    };
                    left == skipped
                }
                State::Blocks { .. } if self.decoder.is_finished() => {
                    self.state = State::Header;
                    true
                }
                State::Blocks { has_checksum } => self.block(has_checksum)?,
            };
            if !goes_on {
                return Ok(None);
            }
        }
    }

    fn finish(&self) -> Result<(), Damaged> {
        if self.state == State::Header && self.pending.is_empty() {
            Ok(())
        } else {
            Err(Damaged::Truncated("zstd"))
        }
    }
}

/// The length of a frame header with its magic number (RFC 8878 §3.1.1.1).
const fn header_length(descriptor: u8) -> usize {
    let is_single = descriptor & 0b10_0000 != 0;
    let content_size = match descriptor >> 6 {
        0 if is_single => 1,
        0 => 0,
        1 => 2,
        2 => 4,
        _ => 8,
    };
    let dictionary = match descriptor & 0b11 {
        3 => 4,
        other => other as usize,
    };
    5 + !is_single as usize + dictionary + content_size
}
