//! `Intl.DateTimeFormat` for locales other than English, and the names of time zones.

use icu_calendar::{Date, Iso};
use icu_datetime::DateTimeFormatter;
use icu_datetime::DateTimeFormatterPreferences;
use icu_datetime::fieldsets::builder::{DateFields, FieldSetBuilder, ZoneStyle};
use icu_datetime::fieldsets::enums::CompositeFieldSet;
use icu_datetime::options::{Length, SubsecondDigits, TimePrecision, YearStyle};
use icu_locale::preferences::extensions::unicode::keywords::HourCycle;
use icu_time::zone::models::AtTime;
use icu_time::zone::{IanaParser, UtcOffset, ZoneNameTimestamp};
use icu_time::{Time, TimeZone, TimeZoneInfo, ZonedDateTime};
use rquickjs::{Ctx, Function, Object, Value};

use super::zones::Local;
use super::{FORMATTER, Parts, locale};
use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::{Host, add};

pub(super) fn add_to<'js>(native: &Object<'js>, host: &Host) -> rquickjs::Result<()> {
    let heap = host.heap.clone();
    add(
        native,
        "dateFormatter",
        move |ctx: Ctx<'js>,
              tag: Value<'js>,
              options: Object<'js>|
              -> rquickjs::Result<Option<Function<'js>>> {
            let Some(formatter) = formatter(&tag, &options) else {
                return Ok(None);
            };
            let formatter = heap.keep(FORMATTER, || formatter);
            let formatter = formatter.ok_or(rquickjs::Error::Allocation)?;
            Function::new(ctx, move |zone: Value<'_>, ms: f64| {
                let time = zoned(&raw::text(&zone)?, ms)?;
                formatter.with(|formatter| Parts::of(&formatter.format(&time), "datetime"))?
            })
            .map(Some)
        },
    )
}

type Zoned = ZonedDateTime<Iso, TimeZoneInfo<AtTime>>;

fn zoned(zone: &str, ms: f64) -> Option<Zoned> {
    let local = Local::at(zone, ms)?;
    let (time, offset) = (local.time, local.offset);
    let date = Date::try_new_iso(
        time.year().into(),
        time.month().unsigned_abs(),
        time.day().unsigned_abs(),
    )
    .ok()?;
    let nanoseconds = u32::try_from(time.subsec_nanosecond()).ok()?;
    let clock = Time::try_new(
        time.hour().unsigned_abs(),
        time.minute().unsigned_abs(),
        time.second().unsigned_abs(),
        nanoseconds,
    )
    .ok()?;
    let zone = if zone.starts_with(['+', '-']) {
        TimeZone::UNKNOWN
    } else {
        IanaParser::new().parse(zone)
    };
    let zone = zone
        .with_offset(Some(UtcOffset::try_from_seconds(offset.seconds()).ok()?))
        .with_zone_name_timestamp(ZoneNameTimestamp::from_epoch_seconds(local.seconds));
    Some(ZonedDateTime {
        date,
        time: clock,
        zone,
    })
}

/// Makes a formatter for the members `length`, `date`, `time`, `digits`, `zone`, `year` and
/// `hourCycle` that `intl_dates.js` has found.
fn formatter(
    tag: &Value<'_>,
    options: &Object<'_>,
) -> Option<DateTimeFormatter<CompositeFieldSet>> {
    let read = |name: &str| raw::text(&options.get::<_, Value<'_>>(name).ok()?);
    let mut builder = FieldSetBuilder::new();
    builder.length = match read("length").as_deref() {
        Some("long") => Some(Length::Long),
        Some("medium") => Some(Length::Medium),
        Some("short") => Some(Length::Short),
        _ => None,
    };
    builder.date_fields = match read("date").as_deref() {
        Some("d") => Some(DateFields::D),
        Some("Md") => Some(DateFields::MD),
        Some("yMd") => Some(DateFields::YMD),
        Some("dE") => Some(DateFields::DE),
        Some("MdE") => Some(DateFields::MDE),
        Some("yMdE") => Some(DateFields::YMDE),
        Some("E") => Some(DateFields::E),
        Some("M") => Some(DateFields::M),
        Some("yM") => Some(DateFields::YM),
        Some("y") => Some(DateFields::Y),
        Some(_) => return None,
        None => None,
    };
    builder.time_precision = match read("time").as_deref() {
        Some("hour") => Some(TimePrecision::Hour),
        Some("minute") => Some(TimePrecision::Minute),
        Some("second") => Some(TimePrecision::Second),
        Some("1") => Some(TimePrecision::Subsecond(SubsecondDigits::S1)),
        Some("2") => Some(TimePrecision::Subsecond(SubsecondDigits::S2)),
        Some("3") => Some(TimePrecision::Subsecond(SubsecondDigits::S3)),
        Some(_) => return None,
        None => None,
    };
    builder.zone_style = match read("zone").as_deref() {
        Some("short") => Some(ZoneStyle::SpecificShort),
        Some("long") => Some(ZoneStyle::SpecificLong),
        Some("shortOffset") => Some(ZoneStyle::LocalizedOffsetShort),
        Some("longOffset") => Some(ZoneStyle::LocalizedOffsetLong),
        Some("shortGeneric") => Some(ZoneStyle::GenericShort),
        Some("longGeneric") => Some(ZoneStyle::GenericLong),
        Some(_) => return None,
        None => None,
    };
    builder.year_style = match read("year").as_deref() {
        Some("full") => Some(YearStyle::Full),
        Some("era") => Some(YearStyle::WithEra),
        Some("auto") => Some(YearStyle::Auto),
        _ => None,
    };
    let mut preferences = DateTimeFormatterPreferences::from(&locale(tag)?);
    preferences.hour_cycle = match read("hourCycle").as_deref() {
        Some("h11") => Some(HourCycle::H11),
        Some("h12") => Some(HourCycle::H12),
        Some("h23") => Some(HourCycle::H23),
        Some(_) => return None,
        None => preferences.hour_cycle,
    };
    let fields = builder.build_composite().ok()?;
    DateTimeFormatter::try_new(preferences, fields).ok()
}
