//! What a child writes to its console, kept where its host can still read it when the child is
//! killed in the middle of a call.
//!
//! Owns a piece of memory that is a file without a name: the child writes each line into it as it
//! comes, and the host reads it only if the call has no answer. It begins with the call's serial
//! number and the length of what follows (eight bytes each, little endian): lines in postcard's
//! format. What does not fit is left out.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::ptr;
use std::sync::atomic::{Ordering, fence};

use parking_lot::Mutex;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap};

use super::wire::{Line, parse};
use crate::model::{LogLine, Timestamp};
use crate::runtime::quickjs::LineRecorder;

/// Bytes of the whole. Those that nobody has written to take no memory.
const SIZE: usize = 96 << 10;

/// Bytes before the lines.
const HEAD: usize = 16;

/// The memory for a child that is about to be forked.
///
/// # Errors
/// The system has no room for it.
pub(super) fn memory() -> io::Result<OwnedFd> {
    let memory = memfd_create("console", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    ftruncate(&memory, SIZE as u64)?;
    fcntl_add_seals(
        &memory,
        SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL,
    )?;
    Ok(memory)
}

/// The child's side.
#[derive(Debug)]
pub(super) struct FlightRecorder(Mutex<Tape>);

#[derive(Debug)]
struct Tape {
    bytes: &'static mut [u8],
    serial: u64,
    /// Where the next line goes.
    end: usize,
}

impl FlightRecorder {
    /// Maps the memory, for as long as this process lives.
    ///
    /// # Errors
    /// The system has no room for it.
    #[expect(unsafe_code, reason = "maps memory")]
    pub(super) fn new(memory: impl AsFd) -> io::Result<Self> {
        // SAFETY: the kernel chooses the place. The file cannot get shorter, so that all of the
        // mapping can be used; nobody else in this process has it, and it is never unmapped.
        let bytes = unsafe {
            let start = mmap(
                ptr::null_mut(),
                SIZE,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                memory,
                0,
            )?;
            std::slice::from_raw_parts_mut(start.cast(), SIZE)
        };
        Ok(Self(Mutex::new(Tape {
            bytes,
            serial: 0,
            end: HEAD,
        })))
    }

    /// The lines that come now are of this call. Nothing is written before there are any: a page
    /// that was written to is memory of the child's own.
    pub(super) fn begin(&self, serial: u64) {
        let mut tape = self.0.lock();
        tape.serial = serial;
        tape.end = HEAD;
    }
}

impl LineRecorder for FlightRecorder {
    fn record(&self, line: &LogLine) {
        let mut tape = self.0.lock();
        let line = Line {
            level: line.level,
            at: line.at.as_micros(),
            message: &line.message,
        };
        let (serial, end) = (tape.serial, tape.end);
        if end == HEAD {
            tape.note_length();
            fence(Ordering::Release);
            tape.put(0, serial);
        }
        let free = tape.bytes.get_mut(end..).unwrap_or_default();
        if let Ok(written) = postcard::to_slice(&line, free) {
            tape.end += written.len();
            // Whoever sees the length shall see the line.
            fence(Ordering::Release);
            tape.note_length();
        }
    }
}

impl Tape {
    fn note_length(&mut self) {
        self.put(8, (self.end - HEAD) as u64);
    }

    fn put(&mut self, at: usize, number: u64) {
        if let Some(place) = self.bytes.get_mut(at..at + 8) {
            place.copy_from_slice(&number.to_le_bytes());
        }
    }
}

/// The host's side.
#[derive(Debug)]
pub(super) struct Recording(File);

impl Recording {
    pub(super) fn new(memory: OwnedFd) -> Self {
        Self(memory.into())
    }

    /// Bytes of memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        // Of 512 bytes each, whatever the file system.
        let blocks = self.0.metadata().map_or(0, |about| about.blocks());
        usize::try_from(blocks * 512).unwrap_or(usize::MAX)
    }

    /// What was written during the call with this number, as far as it can be read: the child may
    /// have been stopped in the middle of a line, or taken over.
    pub(super) fn lines(&self, serial: u64) -> Vec<LogLine> {
        let mut bytes = vec![0; SIZE];
        let read = self.0.read_at(&mut bytes, 0).unwrap_or_default();
        bytes.truncate(read);
        lines(&bytes, serial)
    }
}

fn lines(bytes: &[u8], serial: u64) -> Vec<LogLine> {
    let mut lines = Vec::new();
    let number = |at: usize| {
        bytes
            .get(at..)?
            .first_chunk()
            .copied()
            .map(u64::from_le_bytes)
    };
    if number(0) != Some(serial) {
        return lines;
    }
    let length = number(8).and_then(|length| usize::try_from(length).ok());
    let mut rest = length
        .and_then(|length| bytes.get(HEAD..)?.get(..length))
        .unwrap_or_default();
    while !rest.is_empty()
        && let Ok((line, after)) = parse::<Line<'_>>(rest)
    {
        lines.push(LogLine {
            level: line.level,
            message: line.message.to_owned(),
            at: Timestamp::from_micros(line.at),
        });
        rest = after;
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::LogLevel;

    fn line(message: &str) -> LogLine {
        LogLine {
            level: LogLevel::Warn,
            message: message.to_owned(),
            at: Timestamp::from_millis(5),
        }
    }

    proptest! {
        #[test]
        fn the_lines_of_the_last_call_are_read_as_they_were_written(
            calls in prop::collection::vec(prop::collection::vec("\\PC{0,30}", 0..20), 1..5),
        ) {
            let memory = memory().unwrap();
            let recorder = FlightRecorder::new(&memory).unwrap();
            let recording = Recording::new(memory);
            for (serial, messages) in (1..).zip(&calls) {
                recorder.begin(serial);
                let written: Vec<_> = messages.iter().map(|message| line(message)).collect();
                written.iter().for_each(|line| recorder.record(line));
                prop_assert_eq!(recording.lines(serial), written);
                prop_assert_eq!(recording.lines(serial + 1), []);
            }
        }

        #[test]
        fn any_bytes_are_lines_or_none(
            mut bytes in prop::collection::vec(any::<u8>(), 0..500), length in 0..600_u64,
        ) {
            for (place, number) in bytes.chunks_exact_mut(8).zip([7, length]) {
                place.copy_from_slice(&number.to_le_bytes());
            }
            let read: usize = lines(&bytes, 7).iter().map(|line| line.message.len()).sum();
            prop_assert!(read <= bytes.len());
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let memory = memory().unwrap();
        let recorder = FlightRecorder::new(&memory).unwrap();
        recorder.begin(1);
        let long = "x".repeat(SIZE / 3);
        for _ in 0..5 {
            recorder.record(&line(&long));
        }
        recorder.record(&line("short"));
        let messages = Recording::new(memory).lines(1);
        let lengths: Vec<_> = messages.iter().map(|line| line.message.len()).collect();
        assert_eq!(lengths, [long.len(), long.len(), 5]);
    }
}
