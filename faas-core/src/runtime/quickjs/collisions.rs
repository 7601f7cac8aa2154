//! Inputs whose keys collide in QuickJS's hash tables.
//!
//! QuickJS hashes names without a secret, so keys can be made that all land in one bucket. Parsing
//! 1 MB of them takes a second in a native loop that nothing interrupts. Such an input is refused
//! before it is parsed.

use std::collections::HashSet;

use serde_json::Deserializer;

/// Inputs up to this many bytes cannot have enough keys to take long.
const SHORT: usize = 16 << 10;

/// The sum of the squares of the numbers of keys in each bucket, from which on they collide: a
/// single bucket of 8192 keys, which takes some 50 ms to fill. 200,000 keys that do not collide
/// have a sixth of it.
const LIMIT: u64 = 1 << 26;

/// Buckets that keys are sorted into. QuickJS takes at least as many for as many keys, and selects
/// by the same low bits, so keys that share a bucket there share one here.
const BUCKETS: usize = 1 << 12;

/// Whether so many keys of a JSON text collide that parsing it would take too long. The text must
/// be valid.
pub(super) fn collide(text: &str) -> bool {
    // A key that is repeated is found again, and does not lengthen its bucket: but telling
    // repeated keys from others takes longer than counting.
    text.len() > SHORT && cost(keys(text)) >= LIMIT && {
        let mut seen = HashSet::new();
        cost(keys(text).filter(|key| seen.insert(*key))) >= LIMIT
    }
}

fn cost<'a>(keys: impl Iterator<Item = &'a str>) -> u64 {
    let mut names = vec![0_u64; BUCKETS];
    let mut numbers = vec![0_u64; BUCKETS];
    for key in keys {
        let (table, hash) = match array_index(key) {
            Some(number) => (&mut numbers, number),
            None => (&mut names, hash(key)),
        };
        if let Some(count) = table.get_mut(hash as usize % BUCKETS) {
            *count += 1;
        }
    }
    names
        .iter()
        .chain(&numbers)
        .map(|count| count * count)
        .sum()
}

/// The number that QuickJS keeps such a key as.
fn array_index(key: &str) -> Option<u32> {
    let is_canonical = key == "0" || !key.starts_with(['0', '+']);
    key.parse()
        .ok()
        .filter(|number| is_canonical && *number < 1 << 31)
}

/// QuickJS's hash of a key as it stands in JSON.
fn hash(key: &str) -> u32 {
    let add = |hash: u32, unit: u32| hash.wrapping_mul(263).wrapping_add(unit);
    let (hash, length) = if key.contains('\\') {
        let text: String = unescaped(key).unwrap_or_else(|| key.to_owned());
        let units = text.encode_utf16();
        units.fold((1, 0_u32), |(hash, length), unit| {
            (add(hash, unit.into()), length + 1)
        })
    } else if key.is_ascii() {
        let hash = key.bytes().fold(1, |hash, byte| add(hash, byte.into()));
        (hash, u32::try_from(key.len()).unwrap_or(u32::MAX))
    } else {
        let units = key.encode_utf16();
        units.fold((1, 0_u32), |(hash, length), unit| {
            (add(hash, unit.into()), length + 1)
        })
    };
    hash ^ length.wrapping_mul(0x61c8_8647)
}

fn unescaped(key: &str) -> Option<String> {
    let quoted = format!("\"{key}\"");
    let mut strings = Deserializer::from_str(&quoted).into_iter();
    strings.next()?.ok()
}

/// The keys of a JSON text, as they stand there.
fn keys(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (_, after) = rest.split_once('"')?;
            let length = string_length(after.as_bytes());
            let (string, after) = after.split_at_checked(length)?;
            rest = after.get(1..)?;
            if rest.trim_ascii_start().starts_with(':') {
                return Some(string);
            }
        }
    })
}

/// The bytes before the quote that ends a string.
fn string_length(text: &[u8]) -> usize {
    let mut bytes = text.iter();
    let mut length = 0;
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => {
                bytes.next();
                length += 2;
            }
            _ => length += 1,
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(keys: impl Iterator<Item = String>) -> String {
        let members: Vec<_> = keys.map(|key| format!("\"{key}\": 0")).collect();
        format!("{{{}}}", members.join(", "))
    }

    /// Each pair of characters adds the same to the hash.
    fn engineered(pairs: [&str; 2]) -> String {
        object((0..1 << 14).map(|number: u32| {
            let pair = |bit| pairs[(number >> bit) as usize & 1];
            (0..14).map(pair).collect()
        }))
    }

    #[test]
    fn engineered_keys_collide() {
        assert!(collide(&engineered(["A\u{207}", "B\u{100}"])));
        assert!(collide(&engineered(["A\\u0207", "B\u{100}"])));
        assert!(collide(&object(
            (0..60_000).map(|i| (i * 32_768).to_string())
        )));
    }

    #[test]
    fn the_keys_of_ordinary_inputs_do_not_collide() {
        assert!(!collide(&object((0..100_000).map(|i| format!("key{i}")))));
        assert!(!collide(&object((0..100_000).map(|i| i.to_string()))));
        assert!(!collide(&object((0..20_000).map(|i| format!(
            "{}",
            u128::from(i as u64) * 0x9e37_79b9_7f4a_7c15_f39c
        )))));
        let records =
            (0..20_000).map(|i| format!("{{\"id\": {i}, \"name\": \"a\\\"b\", \"tag\": \"id\"}}"));
        assert!(!collide(&format!(
            "[{}]",
            records.collect::<Vec<_>>().join(",")
        )));
        assert!(!collide(&format!("\"{}\"", "\\\"x\\\":".repeat(100_000))));
    }

    #[test]
    fn keys_are_told_from_other_strings() {
        let text = r#"{"a": "b", "c\"d" : ["e", {"": "f:"}], "g\\": 1}"#;
        assert_eq!(keys(text).collect::<Vec<_>>(), ["a", r#"c\"d"#, "", r"g\\"]);
    }
}
