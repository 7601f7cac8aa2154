//! Whatever a child or a worker sends is an answer within its limits, or none.
//!
//! The first byte is how many the host reads at a time; the others are what it reads.

#![no_main]

use faas_core::runtime::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Some((piece, bytes)) = input.split_first() {
        fuzzing::answers(bytes, usize::from(*piece));
    }
});
