//! Parses durations and sizes: `30s`, `500ms`, `2m`; `512KiB`, `1MiB`, `65536`.

use std::time::Duration;

const DURATIONS: [(&str, f64); 4] = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
const SIZES: [(&str, usize); 4] = [("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20)];

/// Parses a duration.
///
/// # Errors
/// States the expected form.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let expected = || format!("expected a duration such as 500ms, 30s, 2m or 1h, not {text:?}");
    let (number, unit) = split(text);
    let seconds = DURATIONS
        .iter()
        .find(|(name, _)| *name == unit)
        .zip(number.parse::<f64>().ok())
        .map(|((_, scale), number)| number * scale)
        .ok_or_else(expected)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| expected())
}

/// Parses a size in bytes.
///
/// # Errors
/// States the expected form.
pub(crate) fn parse_size(text: &str) -> Result<usize, String> {
    let expected = || format!("expected a size such as 65536, 512KiB or 1MiB, not {text:?}");
    let (number, unit) = split(text);
    SIZES
        .iter()
        .find(|(name, _)| *name == unit)
        .zip(number.parse::<usize>().ok())
        .and_then(|((_, scale), number)| number.checked_mul(*scale))
        .ok_or_else(expected)
}

/// The shortest text that [`parse_duration`] reads as `duration`, to the millisecond.
pub(crate) fn format_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        _ if millis.is_multiple_of(3_600_000) && millis > 0 => format!("{}h", millis / 3_600_000),
        _ if millis.is_multiple_of(60_000) && millis > 0 => format!("{}m", millis / 60_000),
        _ if millis.is_multiple_of(1_000) => format!("{}s", millis / 1_000),
        _ => format!("{millis}ms"),
    }
}

/// The shortest text that [`parse_size`] reads as `bytes`.
pub(crate) fn format_size(bytes: usize) -> String {
    match bytes {
        _ if bytes.is_multiple_of(1 << 20) && bytes > 0 => format!("{}MiB", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) && bytes > 0 => format!("{}KiB", bytes >> 10),
        _ => format!("{bytes}B"),
    }
}

/// The number and its unit.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = text.split_at(unit.unwrap_or(text.len()));
    (number.trim(), unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_its_unit() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("1.5 m", 90_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for bad in ["", "30", "s", "-1s", "1d", "1e999s", "NaNs", "10 s s"] {
            let error = parse_duration(bad).unwrap_err();
            assert!(error.contains("expected a duration"), "{bad}: {error}");
        }
    }

    #[test]
    fn a_size_is_in_bytes_unless_it_says_otherwise() {
        for (text, bytes) in [
            ("65536", 65_536),
            ("0", 0),
            ("512KiB", 524_288),
            ("6 MiB", 6 << 20),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for bad in [
            "",
            "MiB",
            "1MB",
            "-1",
            "1.5MiB",
            "99999999999999999999",
            "18446744073709551615MiB",
        ] {
            let error = parse_size(bad).unwrap_err();
            assert!(error.contains("expected a size"), "{bad}: {error}");
        }
    }
}
