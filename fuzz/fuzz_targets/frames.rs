//! Anything that a child or a worker sends is either an answer within its limits or an error.
//!
//! The first byte is the number of bytes that the host reads at a time; the rest is the data.

#![no_main]

use faas_core::runtime::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Some((piece, bytes)) = input.split_first() {
        fuzzing::answers(bytes, usize::from(*piece));
    }
});
