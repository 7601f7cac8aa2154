//! Time zones: their rules are those of the IANA database, which is part of the program.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use rquickjs::{Object, Value};

use crate::model::time_zones;
use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::add;

pub(super) fn add_to(native: &Object<'_>) -> rquickjs::Result<()> {
    add(native, "zone", |name: Value<'_>| {
        canonical(&raw::text(&name)?)
    })?;
    add(native, "zones", || -> Vec<String> {
        time_zones()
            .available()
            .map(|name| name.to_string())
            .collect()
    })?;
    add(native, "local", |zone: Value<'_>, ms: f64| {
        let local = Local::at(&raw::text(&zone)?, ms)?;
        Some(vec![
            f64::from(local.time.year()),
            f64::from(local.time.month()),
            f64::from(local.time.day()),
            f64::from(local.time.weekday().to_sunday_zero_offset()),
            f64::from(local.time.hour()),
            f64::from(local.time.minute()),
            f64::from(local.time.second()),
            f64::from(local.time.millisecond()),
            f64::from(local.offset.seconds()),
            f64::from(u8::from(local.is_summer)),
        ])
    })
}

/// Returns the name of a zone as the database writes it, or an offset as `+01:00`.
fn canonical(name: &str) -> Option<String> {
    if let Some(offset) = fixed(name) {
        let minutes = offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let minutes = minutes.abs();
        return Some(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
    }
    let is_utc = ["UTC", "GMT", "Etc/UTC", "Etc/GMT"]
        .iter()
        .any(|utc| utc.eq_ignore_ascii_case(name));
    if is_utc {
        return Some("UTC".to_owned());
    }
    let zone = time_zones().get(name).ok()?;
    zone.iana_name().map(str::to_owned)
}

/// Reads an offset: `+01`, `+0100` or `+01:00`.
fn fixed(name: &str) -> Option<Offset> {
    let sign = match name.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let rest = name.get(1..)?;
    let digits = match rest.len() {
        5 if rest.as_bytes().get(2) == Some(&b':') => rest.replacen(':', "", 1),
        2 | 4 => rest.to_owned(),
        _ => return None,
    };
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits
        .get(2..)
        .filter(|text| !text.is_empty())
        .unwrap_or("0")
        .parse()
        .ok()?;
    if hours > 23 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 60 + minutes) * 60).ok()
}

/// An instant in a zone.
struct Local {
    time: jiff::civil::DateTime,
    offset: Offset,
    is_summer: bool,
}

impl Local {
    /// Returns the time at an instant in milliseconds; `None` for unknown zones and for years beyond
    /// 9999.
    fn at(zone: &str, ms: f64) -> Option<Self> {
        if !ms.is_finite() {
            return None;
        }
        let instant = Timestamp::from_millisecond(ms.floor() as i64).ok()?;
        let zone = match fixed(zone) {
            Some(offset) => TimeZone::fixed(offset),
            None if zone == "UTC" => TimeZone::UTC,
            None => time_zones().get(zone).ok()?,
        };
        let info = zone.to_offset_info(instant);
        let offset = info.offset();
        Some(Self {
            time: offset.to_datetime(instant),
            offset,
            is_summer: info.dst().is_dst(),
        })
    }
}
