//! The console output of a call, within its limits.

use std::sync::Arc;

use crate::model::{LogLevel, LogLine, Timestamp};
use crate::runtime::Limits;
use crate::runtime::step::LineRecorder;

/// Collects lines. At its bounds it drops further lines and counts them.
#[derive(Debug)]
pub(super) struct Console {
    lines: Vec<LogLine>,
    bytes: usize,
    dropped: u64,
    max_lines: usize,
    max_bytes: usize,
    recorder: Option<Arc<dyn LineRecorder>>,
}

impl Console {
    /// Creates an empty console with the limits of a call.
    pub(super) fn new(limits: &Limits, recorder: Option<Arc<dyn LineRecorder>>) -> Self {
        Self {
            lines: Vec::new(),
            bytes: 0,
            dropped: 0,
            max_lines: limits.log_lines,
            max_bytes: limits.log_bytes,
            recorder,
        }
    }

    /// Returns whether the next line will be dropped.
    pub(super) fn is_full(&self) -> bool {
        self.lines.len() >= self.max_lines || self.bytes >= self.max_bytes
    }

    /// Keeps a line, truncated at the size limit, or counts it as dropped.
    pub(super) fn write(&mut self, level: LogLevel, mut message: String, at: Timestamp) {
        if self.is_full() {
            self.drop_line();
            return;
        }
        let room = self.max_bytes.saturating_sub(self.bytes);
        if message.len() > room {
            message.truncate(message.floor_char_boundary(room));
            message.push('…');
            self.bytes = self.max_bytes;
        } else {
            self.bytes += message.len();
        }
        let line = LogLine { level, message, at };
        if let Some(recorder) = &self.recorder {
            recorder.record(&line);
        }
        self.lines.push(line);
    }

    /// Counts a line that was not formatted.
    pub(super) fn drop_line(&mut self) {
        self.dropped += 1;
    }

    /// Takes the lines, with a last one that says how many were dropped, if any.
    pub(super) fn take(&mut self, now: impl FnOnce() -> Timestamp) -> Vec<LogLine> {
        if self.dropped > 0 {
            self.lines.push(LogLine {
                level: LogLevel::Warn,
                message: format!(
                    "{} more lines were dropped: the limit is {} lines and {} bytes",
                    self.dropped, self.max_lines, self.max_bytes
                ),
                at: now(),
            });
            self.dropped = 0;
        }
        std::mem::take(&mut self.lines)
    }
}
