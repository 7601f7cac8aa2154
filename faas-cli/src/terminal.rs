//! Standard output and standard error: texts, JSON, tables, questions, progress.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};

use serde::Serialize;

use crate::failure::Failure;

/// A colour or a weight of text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Paint {
    Red,
    Yellow,
    Green,
    Bold,
    Dim,
}

impl Paint {
    const fn code(self) -> &'static str {
        match self {
            Self::Red => "31",
            Self::Yellow => "33",
            Self::Green => "32",
            Self::Bold => "1",
            Self::Dim => "2",
        }
    }
}

/// Where a command writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Whether results are JSON.
    pub(crate) json: bool,
    /// Whether standard output shows colours.
    colour: bool,
    /// Whether standard error shows colours.
    note_colour: bool,
    /// Whether standard error shows progress.
    progress: bool,
    /// Whether a person can answer questions.
    pub(crate) interactive: bool,
}

impl Terminal {
    pub(crate) fn new(json: bool, no_color: bool) -> Self {
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self {
            json,
            colour: out && !no_color,
            note_colour: err && !no_color,
            progress: err && !json,
            interactive: err && io::stdin().is_terminal() && !json,
        }
    }

    /// Writes a line of the result.
    ///
    /// # Errors
    /// If standard output is closed or full.
    pub(crate) fn line(&self, text: impl Display) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        writeln!(out, "{text}")
            .and_then(|()| out.flush())
            .map_err(|error| Failure::new(format!("cannot write to standard output: {error}")))
    }

    /// Writes a result as JSON.
    ///
    /// # Errors
    /// As [`Self::line`].
    pub(crate) fn print(&self, value: &impl Serialize) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(value);
        self.line(json.map_err(|error| Failure::new(error.to_string()))?)
    }

    /// Writes a line for people, which is not part of the result.
    pub(crate) fn note(&self, text: impl Display) {
        self.progress("");
        // Nobody reads it if standard error is closed.
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Shows `text` in place of what this showed before, on a terminal only.
    pub(crate) fn progress(&self, text: &str) {
        if self.progress {
            let mut err = io::stderr().lock();
            // Nobody sees it if standard error is closed.
            let _ = write!(err, "\r\x1b[K{text}").and_then(|()| err.flush());
        }
    }

    /// Colours text of standard output.
    pub(crate) fn paint(&self, paint: Paint, text: &str) -> String {
        painted(self.colour, paint, text)
    }

    /// Colours text of standard error.
    pub(crate) fn paint_note(&self, paint: Paint, text: &str) -> String {
        painted(self.note_colour, paint, text)
    }

    /// Asks a question that is answered with yes or no. Enter alone means `default`.
    ///
    /// # Errors
    /// If standard input cannot be read.
    pub(crate) fn confirm(&self, question: &str, default: bool) -> Result<bool, Failure> {
        let mut err = io::stderr().lock();
        let choices = if default { "[Y/n]" } else { "[y/N]" };
        // Nobody sees it if standard error is closed.
        let _ = write!(err, "{question} {choices} ").and_then(|()| err.flush());
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        let read =
            read.map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
        let answer = answer.trim().to_ascii_lowercase();
        Ok(read > 0
            && match answer.as_str() {
                "" => default,
                answer => matches!(answer, "y" | "yes"),
            })
    }

    /// Writes rows in columns. The first row has the titles.
    ///
    /// # Errors
    /// As [`Self::line`].
    pub(crate) fn table<const N: usize>(&self, rows: &[[String; N]]) -> Result<(), Failure> {
        let mut widths = [0; N];
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for (index, row) in rows.iter().enumerate() {
            let cells = row.iter().zip(widths);
            let cells = cells.map(|(cell, width)| format!("{cell:width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            let line = line.trim_end();
            match index {
                0 => self.line(self.paint(Paint::Dim, line))?,
                _ => self.line(line)?,
            }
        }
        Ok(())
    }
}

fn painted(colour: bool, paint: Paint, text: &str) -> String {
    if colour {
        format!("\x1b[{}m{text}\x1b[0m", paint.code())
    } else {
        text.to_owned()
    }
}
