//! What an unknown member was probably meant to be.

use super::error::shorten;
use super::shape::Member;

/// Names longer than this are not compared: nobody misspells a short name by so much.
const LONGEST: usize = 64;

/// A suggestion for the unknown member `name` inside the members `path` of an object with the
/// members `shape`.
pub(super) fn suggestion(path: &[String], name: &str, shape: &[Member]) -> Option<String> {
    let parent = path.first().map(String::as_str);
    let beside = |member: &&Member| path.is_empty() || Some(member.name) == parent;
    if path.len() > 1 || name.len() > LONGEST {
        return None;
    }
    let quoted = shorten(name);
    // Known by exactly this name, but elsewhere.
    match parent {
        None => {
            let holder = shape.iter().find(|member| member.members.contains(&name));
            if let Some(holder) = holder {
                return Some(format!("{quoted:?} belongs in {:?}", holder.name));
            }
        }
        Some(parent) => {
            if shape.iter().any(|member| member.name == name) {
                return Some(format!("{quoted:?} belongs beside {parent:?}, not in it"));
            }
        }
    }
    let here: Vec<&'static str> = match parent {
        None => shape.iter().map(|member| member.name).collect(),
        Some(_) => shape
            .iter()
            .filter(beside)
            .flat_map(|m| m.members)
            .copied()
            .collect(),
    };
    if let Some(near) = nearest(name, here.into_iter()) {
        let near = parent.map_or_else(|| near.to_owned(), |parent| format!("{parent}.{near}"));
        return Some(format!("did you mean {near:?}?"));
    }
    if parent.is_some() {
        return None;
    }
    let inside = shape.iter().flat_map(|member| {
        let name = member.name;
        member.members.iter().map(move |inner| (name, *inner))
    });
    let near = nearest(name, inside.clone().map(|(_, inner)| inner))?;
    let (holder, inner) = inside.into_iter().find(|(_, inner)| *inner == near)?;
    Some(format!("did you mean {:?}?", format!("{holder}.{inner}")))
}

/// The one of `known` that `name` differs from least, if that is little; else one that `name` is a
/// part of, or that is a part of it.
fn nearest(name: &str, known: impl Iterator<Item = &'static str> + Clone) -> Option<&'static str> {
    /// Shorter names are parts of too many others.
    const LEAST_PART: usize = 4;
    let name = plain(name);
    let distances = known
        .clone()
        .map(|known| (distance(&name, &plain(known)), known));
    let (distance, nearest) = distances.min_by_key(|(distance, _)| *distance)?;
    let may_differ = (name.len() / 3).clamp(1, 3);
    if distance <= may_differ {
        return Some(nearest);
    }
    let is_part = |part: &[char], of: &[char]| {
        part.len() >= LEAST_PART && of.windows(part.len()).any(|window| window == part)
    };
    let mut known = known;
    known.find(|known| {
        let known = plain(known);
        is_part(&name, &known) || is_part(&known, &name)
    })
}

/// Without what people spell differently: case, hyphens, underscores.
fn plain(name: &str) -> Vec<char> {
    let letters = name.chars().filter(|c| !matches!(c, '-' | '_' | ' '));
    letters.flat_map(char::to_lowercase).collect()
}

/// How many letters must be put in, left out, replaced, or swapped with their neighbour.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, a) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, b) in to.iter().enumerate() {
            let at =
                |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
            let mut least = (at(&last, column) + usize::from(a != b))
                .min(at(&last, column + 1) + 1)
                .min(at(&current, column) + 1);
            let swapped = row > 0
                && column > 0
                && from.get(row - 1) == Some(b)
                && to.get(column - 1) == Some(a);
            if swapped {
                least = least.min(at(&before_last, column - 1) + 1);
            }
            current.push(least);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(from: &str, to: &str) -> usize {
        distance(&plain(from), &plain(to))
    }

    #[test]
    fn the_distance_counts_inserted_removed_replaced_and_swapped_letters() {
        assert_eq!(apart("", ""), 0);
        assert_eq!(apart("", "abc"), 3);
        assert_eq!(apart("abc", ""), 3);
        assert_eq!(apart("config", "configg"), 1);
        assert_eq!(apart("confgi", "config"), 1);
        assert_eq!(apart("kitten", "sitting"), 3);
        assert_eq!(apart("retry_count", "retryCount"), 0);
    }
}
