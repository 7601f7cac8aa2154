//! Brotli (RFC 7932), without large windows: a window has 16 MiB at most.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::{Buf as _, Bytes};

use super::{Damaged, PIECE, Stage};

pub(super) struct Brotli {
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    input: Bytes,
    is_complete: bool,
}

impl Brotli {
    pub(super) fn new() -> Self {
        let alloc = StandardAlloc::default;
        Self {
            state: Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())),
            input: Bytes::new(),
            is_complete: false,
        }
    }
}

impl Stage for Brotli {
    fn push(&mut self, input: Bytes) {
        self.input = input;
    }

    fn pull(&mut self) -> Result<Option<Bytes>, Damaged> {
        if self.is_complete {
            // What follows is ignored, as browsers do.
            self.input.clear();
            return Ok(None);
        }
        let mut output = vec![0; PIECE];
        let (mut available_in, mut taken) = (self.input.len(), 0);
        let (mut available_out, mut made, mut total) = (PIECE, 0, 0);
        let result = BrotliDecompressStream(
            &mut available_in,
            &mut taken,
            &self.input,
            &mut available_out,
            &mut made,
            &mut output,
            &mut total,
            &mut self.state,
        );
        self.input.advance(taken.min(self.input.len()));
        match result {
            BrotliResult::ResultFailure => return Err(Damaged::Invalid("br")),
            BrotliResult::ResultSuccess => self.is_complete = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        output.truncate(made);
        Ok((!output.is_empty()).then(|| output.into()))
    }

    fn finish(&self) -> Result<(), Damaged> {
        if self.is_complete {
            Ok(())
        } else {
            Err(Damaged::Truncated("br"))
        }
    }
}
