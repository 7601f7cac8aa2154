//! Source maps: where a place in compiled text is in the file that the user uploaded.
//!
//! The compiler makes a map for each file that it transforms. The map is part of the program, so
//! that an isolate can write stacks with the user's own lines and columns.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// A place in a text; lines and columns begin at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// The map of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::runtime) struct SourceMap {
    /// Pairs of a place in the compiled text and its place in the user's file, in the order of the
    /// compiled text.
    places: Vec<(Position, Position)>,
}

impl SourceMap {
    /// A map of these pairs, in any order: a place in the compiled text, and its place in the user's
    /// file.
    pub(super) fn new(mut places: Vec<(Position, Position)>) -> Self {
        places.sort_unstable();
        places.dedup_by_key(|(compiled, _)| *compiled);
        Self { places }
    }

    /// The place in the user's file of a place in the compiled text: that of the last mapped place
    /// before it on its line, or else of the first one on its line, or else of the last one before
    /// its line.
    pub(super) fn original(&self, compiled: Position) -> Option<Position> {
        let after = self
            .places
            .partition_point(|(mapped, _)| *mapped <= compiled);
        let before = after
            .checked_sub(1)
            .and_then(|index| self.places.get(index));
        let next = self.places.get(after);
        let on_line = |place: &&(Position, Position)| place.0.line == compiled.line;
        before
            .filter(on_line)
            .or(next.filter(on_line))
            .or(before)
            .map(|(_, original)| *original)
    }
}

/// The maps of a program, by the name that each file has in stacks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::runtime) struct SourceMaps(Vec<(String, SourceMap)>);

impl SourceMaps {
    /// The map of one file.
    pub(super) fn of(file: &str, map: SourceMap) -> Self {
        Self(vec![(file.to_owned(), map)])
    }

    pub(super) fn add(&mut self, file: &str, map: SourceMap) {
        self.0.push((file.to_owned(), map));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a stack with the places of the user's files. Lines without a mapped file stay.
    pub(super) fn rewrite(&self, stack: &str) -> String {
        let mut rewritten = String::with_capacity(stack.len());
        for line in stack.split_inclusive('\n') {
            match self.frame(line) {
                Some((before, place, after)) => {
                    // Writing to a string cannot fail.
                    let _ = write!(rewritten, "{before}{}:{}{after}", place.line, place.column);
                }
                None => rewritten.push_str(line),
            }
        }
        rewritten
    }

    /// The parts of a line such as `    at handler (index.ts:3:5)`: what precedes the place, the
    /// original place, and what follows it.
    fn frame<'s>(&self, line: &'s str) -> Option<(&'s str, Position, &'s str)> {
        self.0.iter().find_map(|(file, map)| {
            let at = line.rfind(file.as_str())?;
            let starts = line.get(..at)?.chars().next_back();
            let (_, place) = line.split_at_checked(at + file.len())?;
            let place = place.strip_prefix(':')?;
            let (line_number, rest) = digits(place)?;
            let (column, after) = digits(rest.strip_prefix(':')?)?;
            let compiled = Position {
                line: line_number,
                column,
            };
            let before = line.get(..line.len() - place.len())?;
            starts
                .is_none_or(|c| c == '(' || c.is_whitespace())
                .then(|| map.original(compiled))?
                .map(|original| (before, original, after))
        })
    }
}

/// The number that a text begins with, and what follows it.
fn digits(text: &str) -> Option<(u32, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32) -> Position {
        Position { line, column }
    }

    #[test]
    fn a_place_is_that_of_the_last_mapped_place_before_it() {
        let map = SourceMap::new(vec![
            (at(1, 5), at(3, 2)),
            (at(1, 1), at(2, 1)),
            (at(3, 4), at(9, 9)),
        ]);
        for (compiled, original) in [
            (at(1, 1), at(2, 1)),
            (at(1, 4), at(2, 1)),
            (at(1, 99), at(3, 2)),
            (at(2, 1), at(3, 2)),
            (at(3, 1), at(9, 9)),
            (at(7, 1), at(9, 9)),
        ] {
            assert_eq!(map.original(compiled), Some(original), "{compiled:?}");
        }
        assert_eq!(SourceMap::default().original(at(1, 1)), None);
    }

    #[test]
    fn a_stack_is_rewritten_where_its_file_has_a_map() {
        let mut maps = SourceMaps::default();
        maps.add("lib/a.ts", SourceMap::new(vec![(at(1, 1), at(10, 20))]));
        assert_eq!(
            maps.rewrite(
                "    at f (lib/a.ts:1:5)\n    at lib/a.ts:1:5\n    at g (other.js:1:5)\n    at h (mylib/a.ts:1:1)"
            ),
            "    at f (lib/a.ts:10:20)\n    at lib/a.ts:10:20\n    at g (other.js:1:5)\n    at h (mylib/a.ts:1:1)"
        );
    }
}
