//! Decoding of bodies by `content-encoding`, piece by piece: each step makes a bounded piece, so that
//! a small body that decodes to a large one takes no more memory than any other.

mod brotli;
mod inflate;
mod zstd;

use bytes::Bytes;

use crate::quota::Permit;

/// The most bytes that a step makes.
const PIECE: usize = 64 << 10;
/// The most encodings that are decoded one after the other.
const MAX_STAGES: usize = 4;

/// Why a body cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Damaged {
    #[error("the body is not valid {0}")]
    Invalid(&'static str),
    #[error("the body ends too early for {0}")]
    Truncated(&'static str),
}

/// One encoding. `push` is called when `pull` has returned `None`.
trait Stage: Send {
    fn push(&mut self, input: Bytes);
    /// The next piece, which is not empty; `None` when more input is needed.
    fn pull(&mut self) -> Result<Option<Bytes>, Damaged>;
    /// Whether the input may end here.
    fn finish(&self) -> Result<(), Damaged>;
}

/// An encoding that can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// Whether its decoder holds a window of several MiB.
    pub(crate) const fn is_large(self) -> bool {
        matches!(self, Self::Brotli | Self::Zstd)
    }

    /// The encodings that header values name, in the order in which they were applied. `None` if one
    /// is not known, or there are too many: the body is then left as it is.
    pub(crate) fn listed<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Vec<Self>> {
        let mut found = Vec::new();
        for value in values {
            for name in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                found.push(match name.to_ascii_lowercase().as_slice() {
                    b"" | b"identity" => continue,
                    b"gzip" | b"x-gzip" => Self::Gzip,
                    b"deflate" => Self::Deflate,
                    b"br" => Self::Brotli,
                    b"zstd" => Self::Zstd,
                    _ => return None,
                });
            }
        }
        (found.len() <= MAX_STAGES).then_some(found)
    }
}

/// Decodes a body.
pub(crate) struct Decoder {
    /// In the order of decoding.
    stages: Vec<Box<dyn Stage>>,
    is_empty: bool,
    _permits: Vec<Permit>,
}

impl Decoder {
    /// Decodes what `codings` were applied to, in this order.
    pub(crate) fn new(codings: &[Coding], permits: Vec<Permit>) -> Self {
        let stages = codings.iter().rev().map(|coding| -> Box<dyn Stage> {
            match coding {
                Coding::Gzip => Box::new(inflate::Inflate::gzip()),
                Coding::Deflate => Box::new(inflate::Inflate::deflate()),
                Coding::Brotli => Box::new(brotli::Brotli::new()),
                Coding::Zstd => Box::new(zstd::Zstd::new()),
            }
        });
        Self {
            stages: stages.collect(),
            is_empty: true,
            _permits: permits,
        }
    }

    /// Adds input, when `pull` has returned `None`.
    pub(crate) fn push(&mut self, input: Bytes) {
        self.is_empty &= input.is_empty();
        if let Some(first) = self.stages.first_mut() {
            first.push(input);
        }
    }

    /// The next piece; `None` when more input is needed.
    pub(crate) fn pull(&mut self) -> Result<Option<Bytes>, Damaged> {
        pull(&mut self.stages)
    }

    /// Checks that the input may end here, when `pull` has returned `None`.
    pub(crate) fn finish(&self) -> Result<(), Damaged> {
        // A response may have an encoding and no content.
        if self.is_empty {
            return Ok(());
        }
        self.stages.iter().try_for_each(|stage| stage.finish())
    }
}

/// The next piece of the last stage.
fn pull(stages: &mut [Box<dyn Stage>]) -> Result<Option<Bytes>, Damaged> {
    let Some((last, before)) = stages.split_last_mut() else {
        return Ok(None);
    };
    loop {
        if let Some(piece) = last.pull()? {
            return Ok(Some(piece));
        }
        match pull(before)? {
            Some(input) => last.push(input),
            None => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
