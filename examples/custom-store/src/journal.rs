//! The file: lines that are whole or not there.
//!
//! Owns the bytes, the lock that keeps others from them, and what is done about a line that was cut
//! short. What a line says is not decided here.
//!
//! The line break at its end is what commits a line. The process may end, or the disk be full, in
//! the middle of one: then it has no end, and nobody was told that it was written.

use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use faas_core::error::StoreError;

/// A journal that this process has locked.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    /// Where the last whole line ends, in bytes from the start. Behind it there may be a part of one,
    /// and never a line break: so it is no line, and the next is written over it.
    end: u64,
}

impl Journal {
    /// Opens the file, or makes it. [`Journal::read`] must follow.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut options = File::options();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).map_err(|error| away(path, error))?;
        // The lock goes with the process, however that ends.
        match file.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                file,
                end: 0,
            }),
            Err(TryLockError::WouldBlock) => Err(away(path, "another process uses it")),
            Err(TryLockError::Error(error)) => Err(away(path, error)),
        }
    }

    /// Shows `each` all whole lines in their order.
    pub(crate) fn read(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(), StoreError> {
        let path = &self.path;
        let mut reader = BufReader::new(&self.file);
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let length = reader.read_until(b'\n', &mut line);
            let length = length.map_err(|error| away(path, error))?;
            let Some(whole) = line.strip_suffix(b"\n") else {
                return Ok(());
            };
            each(whole).map_err(|error| {
                let place = format!("{}, line {number}: {error}", path.display());
                StoreError::Unusable(place.into())
            })?;
            self.end += length as u64;
        }
        Ok(())
    }

    /// Writes one line: all of it, or none.
    pub(crate) fn append(&mut self, line: &[u8]) -> Result<(), StoreError> {
        let whole = [line, b"\n"].concat();
        self.write(&whole)?;
        self.end += whole.len() as u64;
        Ok(())
    }

    /// Finds out whether a line could be written.
    pub(crate) fn probe(&mut self) -> Result<(), StoreError> {
        self.write(b" ")
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let found = self.file.seek(SeekFrom::Start(self.end));
        // Straight to the system, which keeps it when this process is gone. To survive a loss of
        // power as well, `sync_data` would have to follow.
        let written = found.and_then(|_| self.file.write_all(bytes));
        written.map_err(|error| away(&self.path, error))
    }
}

fn away(path: &Path, error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()).into())
}

#[cfg(test)]
impl Journal {
    /// Writes to another file from now on; returns the one before.
    pub(crate) fn replace_file(&mut self, file: File) -> File {
        std::mem::replace(&mut self.file, file)
    }
}
