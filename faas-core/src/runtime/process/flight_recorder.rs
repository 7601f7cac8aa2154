//! The console output of a call, in memory that the host can still read after it has killed the
//! child.
//!
//! The memory is an anonymous file. The child writes each line at once, and the host reads the
//! lines only if the call has no answer. Format: the call's serial number and the length of the
//! rest (eight bytes each, little endian), then lines in postcard's format. Lines that do not fit
//! are left out.

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
use crate::runtime::step::LineRecorder;

/// The size in bytes. Pages that were not written to use no memory.
const SIZE: usize = 96 << 10;

/// Bytes before the lines.
const HEAD: usize = 16;

/// Creates the memory for a child that is about to be forked.
///
/// # Errors
/// When the system lacks resources.
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
pub(super) struct FlightRecorder(Mutex<Lines>);

#[derive(Debug)]
struct Lines {
    bytes: &'static mut [u8],
    serial: u64,
    /// The offset of the next line.
    end: usize,
}

impl FlightRecorder {
    /// Maps the memory until the process ends.
    ///
    /// # Errors
    /// When the system lacks resources.
    #[expect(unsafe_code, reason = "maps memory")]
    pub(super) fn new(memory: impl AsFd) -> io::Result<Self> {
        // SAFETY: the kernel chooses the address. The file is sealed against shrinking, so all of
        // the mapping is valid. Nothing else in this process uses it, and it is never unmapped.
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
        Ok(Self(Mutex::new(Lines {
            bytes,
            serial: 0,
            end: HEAD,
        })))
    }

    /// Starts a call: further lines belong to it. Writes nothing before there is a line, because a
    /// written page is memory of the child's own.
    pub(super) fn begin(&self, serial: u64) {
        let mut lines = self.0.lock();
        lines.serial = serial;
        lines.end = HEAD;
    }
}

impl LineRecorder for FlightRecorder {
    fn record(&self, line: &LogLine) {
        let mut lines = self.0.lock();
        let line = Line {
            level: line.level,
            at: line.at.as_micros(),
            message: &line.message,
        };
        let (serial, end) = (lines.serial, lines.end);
        if end == HEAD {
            lines.note_length();
            fence(Ordering::Release);
            lines.put(0, serial);
        }
        let free = lines.bytes.get_mut(end..).unwrap_or_default();
        if let Ok(written) = postcard::to_slice(&line, free) {
            lines.end += written.len();
            // A reader that sees the new length must also see the line.
            fence(Ordering::Release);
            lines.note_length();
        }
    }
}

impl Lines {
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

    /// Returns the memory that it uses, in bytes.
    pub(super) fn bytes(&self) -> usize {
        // Blocks are 512 bytes on every file system.
        let blocks = self.0.metadata().map_or(0, |about| about.blocks());
        usize::try_from(blocks * 512).unwrap_or(usize::MAX)
    }

    /// Returns the lines of the call with this number, as far as they can be read: the child may
    /// have been stopped while it wrote a line, or user code may control it.
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
        fn the_lines_of_the_last_call_are_read_as_written(
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
        fn arbitrary_bytes_never_panic(
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
    fn lines_that_do_not_fit_are_left_out() {
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
