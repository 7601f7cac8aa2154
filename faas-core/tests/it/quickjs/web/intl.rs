//! `Intl`, and the methods of builtins whose result depends on a locale. The expected texts are
//! those of Node.js.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::rig::Rig;
use super::{assert_throws, assert_values};

/// Asserts the text that each expression gives after a preparation, all in one isolate.
fn assert_texts(preparation: &str, cases: &[(&str, &str)]) {
    let (expressions, expected): (Vec<&str>, Vec<&str>) = cases.iter().copied().unzip();
    let source = format!("{preparation} return [{}]", expressions.join(", "));
    assert_values(&[(&source, json!(expected))]);
}

#[test]
fn dates_follow_the_rules_of_their_time_zone() {
    assert_texts(
        "const at = (timeZone, text, options) => new Intl.DateTimeFormat('en-US', { timeZone, dateStyle: 'short', timeStyle: 'medium', ...options }).format(new Date(text));",
        &[
            (
                "at('America/New_York', '2024-03-10T06:59:59Z')",
                "3/10/24, 1:59:59 AM",
            ),
            (
                "at('America/New_York', '2024-03-10T07:00:00Z')",
                "3/10/24, 3:00:00 AM",
            ),
            (
                "at('America/New_York', '2024-11-03T05:59:59Z')",
                "11/3/24, 1:59:59 AM",
            ),
            (
                "at('America/New_York', '2024-11-03T06:00:00Z')",
                "11/3/24, 1:00:00 AM",
            ),
            (
                "at('Europe/Berlin', '2024-03-31T01:00:00Z')",
                "3/31/24, 3:00:00 AM",
            ),
            (
                "at('Europe/Berlin', '2024-10-27T01:00:00Z')",
                "10/27/24, 2:00:00 AM",
            ),
            (
                "at('Australia/Lord_Howe', '2024-04-06T15:00:00Z')",
                "4/7/24, 1:30:00 AM",
            ),
            (
                "at('Asia/Kathmandu', '2024-07-01T00:00:00Z')",
                "7/1/24, 5:45:00 AM",
            ),
            (
                "at('America/Sao_Paulo', '2018-12-01T00:00:00Z')",
                "11/30/18, 10:00:00 PM",
            ),
            (
                "at('America/Sao_Paulo', '2023-12-01T00:00:00Z')",
                "11/30/23, 9:00:00 PM",
            ),
            (
                "at('Europe/London', '1970-01-01T00:00:00Z')",
                "1/1/70, 1:00:00 AM",
            ),
            (
                "at('Europe/Moscow', '2012-01-01T00:00:00Z')",
                "1/1/12, 4:00:00 AM",
            ),
            (
                "at('Pacific/Apia', '2011-12-30T09:59:59Z')",
                "12/29/11, 11:59:59 PM",
            ),
            (
                "at('Pacific/Apia', '2011-12-30T10:00:00Z')",
                "12/31/11, 12:00:00 AM",
            ),
            (
                "at('America/New_York', '2090-07-01T00:00:00Z')",
                "6/30/90, 8:00:00 PM",
            ),
            (
                "at(undefined, '2024-07-01T00:00:00Z')",
                "7/1/24, 12:00:00 AM",
            ),
            ("Intl.DateTimeFormat().resolvedOptions().timeZone", "UTC"),
            (
                "new Intl.DateTimeFormat('en', { timeZone: 'america/new_york' }).resolvedOptions().timeZone",
                "America/New_York",
            ),
            (
                "String(Intl.supportedValuesOf('timeZone').includes('Europe/Berlin'))",
                "true",
            ),
        ],
    );
}

#[test]
fn time_zones_have_their_names() {
    assert_texts(
        "const zone = (timeZone, timeZoneName, text) => new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName }).formatToParts(new Date(text)).find(({ type }) => type === 'timeZoneName').value;",
        &[
            ("zone('America/New_York', 'short', '2024-01-15')", "EST"),
            (
                "zone('America/New_York', 'long', '2024-01-15')",
                "Eastern Standard Time",
            ),
            (
                "zone('America/New_York', 'shortOffset', '2024-01-15')",
                "GMT-5",
            ),
            (
                "zone('America/New_York', 'longOffset', '2024-01-15')",
                "GMT-05:00",
            ),
            ("zone('America/New_York', 'short', '2024-07-15')", "EDT"),
            (
                "zone('America/New_York', 'long', '2024-07-15')",
                "Eastern Daylight Time",
            ),
            (
                "zone('America/New_York', 'shortOffset', '2024-07-15')",
                "GMT-4",
            ),
            (
                "zone('America/New_York', 'longOffset', '2024-07-15')",
                "GMT-04:00",
            ),
            ("zone('Europe/Berlin', 'short', '2024-07-15')", "GMT+2"),
            (
                "zone('Europe/Berlin', 'long', '2024-07-15')",
                "Central European Summer Time",
            ),
            (
                "zone('Europe/Berlin', 'shortOffset', '2024-07-15')",
                "GMT+2",
            ),
            (
                "zone('Europe/Berlin', 'longOffset', '2024-07-15')",
                "GMT+02:00",
            ),
            ("zone('Asia/Kolkata', 'short', '2024-07-15')", "GMT+5:30"),
            (
                "zone('Asia/Kolkata', 'long', '2024-07-15')",
                "India Standard Time",
            ),
            (
                "zone('Asia/Kolkata', 'shortOffset', '2024-07-15')",
                "GMT+5:30",
            ),
            (
                "zone('Asia/Kolkata', 'longOffset', '2024-07-15')",
                "GMT+05:30",
            ),
            ("zone('UTC', 'short', '2024-07-15')", "UTC"),
            (
                "zone('UTC', 'long', '2024-07-15')",
                "Coordinated Universal Time",
            ),
            ("zone('UTC', 'shortOffset', '2024-07-15')", "GMT+0"),
            ("zone('UTC', 'longOffset', '2024-07-15')", "GMT+00:00"),
        ],
    );
}

#[test]
fn parts_of_dates_are_those_of_node() {
    assert_texts(
        "const date = new Date('2024-11-03T05:07:09.042Z'); const parts = (options, locale = 'en-US') => new Intl.DateTimeFormat(locale, { timeZone: 'America/New_York', ...options }).formatToParts(date).map(({ type, value }) => `${type}=${value}`).join('|');",
        &[
            (
                "parts({ hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' })",
                "month=11|literal=/|day=03|literal=/|year=2024|literal=, |hour=01|literal=:|minute=07|literal=:|second=09",
            ),
            (
                "parts({ hour12: false, year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', era: 'short' })",
                "month=11|literal=/|day=3|literal=/|year=2024|literal= |era=AD|literal=, |hour=01|literal=:|minute=07|literal=:|second=09",
            ),
            (
                "parts({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit', timeZoneName: 'short' })",
                "weekday=Sunday|literal=, |month=November|literal= |day=3|literal=, |year=2024|literal= at |hour=1|literal=:|minute=07|literal=\u{202f}|dayPeriod=AM|literal= |timeZoneName=EDT",
            ),
            (
                "parts({ hour: 'numeric', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 })",
                "hour=1|literal=:|minute=07|literal=:|second=09|literal=.|fractionalSecond=042|literal=\u{202f}|dayPeriod=AM",
            ),
            (
                "parts({ hour: 'numeric', hourCycle: 'h11' })",
                "hour=1|literal=\u{202f}|dayPeriod=AM",
            ),
            (
                "parts({ hour: 'numeric', hourCycle: 'h12' })",
                "hour=1|literal=\u{202f}|dayPeriod=AM",
            ),
            ("parts({ hour: 'numeric', hourCycle: 'h23' })", "hour=01"),
            ("parts({ hour: 'numeric', hourCycle: 'h24' })", "hour=01"),
            (
                "parts({ dateStyle: 'full', timeStyle: 'long' })",
                "weekday=Sunday|literal=, |month=November|literal= |day=3|literal=, |year=2024|literal= at |hour=1|literal=:|minute=07|literal=:|second=09|literal=\u{202f}|dayPeriod=AM|literal= |timeZoneName=EDT",
            ),
            (
                "parts({ month: 'short', day: 'numeric' })",
                "month=Nov|literal= |day=3",
            ),
            ("parts({})", "month=11|literal=/|day=3|literal=/|year=2024"),
        ],
    );
}

// What luxon, date-fns-tz and the plugin timezone of dayjs call.
#[test]
fn libraries_for_time_zones_find_the_formats_that_they_parse() {
    assert_texts(
        "const date = new Date('2024-07-15T16:05:09.123Z');",
        &[
            (
                "new Intl.DateTimeFormat('en-US', { hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: 'America/New_York' }).formatToParts(date).map(({ value }) => value).join('')",
                "07/15/2024, 12:05:09",
            ),
            (
                "new Intl.DateTimeFormat('en-US', { hour12: false, timeZone: 'Asia/Tokyo', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', era: 'short' }).format(date)",
                "07/16/2024 AD, 01:05:09",
            ),
            (
                "new Intl.DateTimeFormat('en-US', { hour12: false, timeZone: 'America/New_York', year: 'numeric', month: 'numeric', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(new Date('2014-06-25T04:00:00.123Z'))",
                "6/25/2014, 00:00:00",
            ),
            (
                "date.toLocaleString('en-US', { timeZone: 'Europe/Paris' })",
                "7/15/2024, 6:05:09 PM",
            ),
            (
                "new Intl.DateTimeFormat('en-US', { timeZone: 'Europe/Paris', timeZoneName: 'short', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(date)",
                "07/15/2024, 18:05:09 GMT+2",
            ),
            (
                "Intl.DateTimeFormat('en-US', { timeZone: 'Europe/Paris', timeZoneName: 'longOffset' }).formatToParts(date).at(-1).value",
                "GMT+02:00",
            ),
            (
                "new Intl.DateTimeFormat('en-US').resolvedOptions().locale",
                "en-US",
            ),
            (
                "new Intl.DateTimeFormat('en-US', { hour: 'numeric' }).resolvedOptions().hourCycle",
                "h12",
            ),
            (
                "new Intl.DateTimeFormat('en-US', { month: 'long' }).format(date)",
                "July",
            ),
            (
                "new Intl.DateTimeFormat('en-US', { weekday: 'short' }).format(date)",
                "Mon",
            ),
        ],
    );
}

#[test]
fn numbers_have_the_form_that_their_options_ask_for() {
    assert_texts(
        "const number = (value, options, locale = 'en-US') => new Intl.NumberFormat(locale, options).format(value);",
        &[
            ("number(1234567.891)", "1,234,567.891"),
            ("number(-0)", "-0"),
            ("number(NaN)", "NaN"),
            (
                "number(12345678901234567890n)",
                "12,345,678,901,234,567,890",
            ),
            (
                "number('123456789012345678901234.5')",
                "123,456,789,012,345,678,901,234.5",
            ),
            ("number(1.005, { maximumFractionDigits: 2 })", "1.01"),
            ("number(2.5, { maximumFractionDigits: 0 })", "3"),
            ("number(5, { minimumFractionDigits: 2 })", "5.00"),
            ("number(123456, { maximumSignificantDigits: 3 })", "123,000"),
            ("number(7, { minimumIntegerDigits: 3 })", "007"),
            ("number(1234.5, { useGrouping: false })", "1234.5"),
            ("number(0.256, { style: 'percent' })", "26%"),
            (
                "number(0.256, { style: 'percent', maximumFractionDigits: 1 }, 'de-DE')",
                "25,6\u{a0}%",
            ),
            (
                "number(1234.5, { style: 'currency', currency: 'USD' })",
                "$1,234.50",
            ),
            (
                "number(-1234.5, { style: 'currency', currency: 'USD', currencySign: 'accounting' })",
                "($1,234.50)",
            ),
            (
                "number(1234.5, { style: 'currency', currency: 'EUR' })",
                "€1,234.50",
            ),
            (
                "number(1234.5, { style: 'currency', currency: 'JPY' })",
                "¥1,235",
            ),
            (
                "number(1234.5, { style: 'currency', currency: 'CHF' })",
                "CHF\u{a0}1,234.50",
            ),
            (
                "number(5, { style: 'currency', currency: 'CAD', currencyDisplay: 'narrowSymbol' })",
                "$5.00",
            ),
            (
                "number(NaN, { style: 'currency', currency: 'EUR', currencyDisplay: 'code' })",
                "EURNaN",
            ),
            (
                "number(1234.5, { style: 'currency', currency: 'EUR' }, 'de-DE')",
                "1.234,50\u{a0}€",
            ),
            (
                "number(1234.5, { style: 'currency', currency: 'USD' }, 'de-DE')",
                "1.234,50\u{a0}$",
            ),
            (
                "number(-1234.5, { style: 'currency', currency: 'EUR' }, 'nl-NL')",
                "€\u{a0}-1.234,50",
            ),
            (
                "number(Infinity, { style: 'currency', currency: 'BRL' }, 'pt-BR')",
                "R$\u{a0}∞",
            ),
            (
                "number(1234.5, { style: 'currency', currency: 'JPY' }, 'en-GB')",
                "JP¥1,235",
            ),
            (
                "number(1234567.5, {}, 'fr-FR')",
                "1\u{202f}234\u{202f}567,5",
            ),
            ("number(1234567.5, {}, 'en-IN')", "12,34,567.5"),
            ("number(1234, { notation: 'compact' })", "1.2K"),
            (
                "number(1500000, { notation: 'compact', compactDisplay: 'long' })",
                "1.5 million",
            ),
            ("number(3, { signDisplay: 'always' })", "+3"),
            (
                "new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'EUR' }).formatToParts(-1234.5).map(({ type }) => type).join()",
                "minusSign,integer,group,integer,decimal,fraction,literal,currency",
            ),
        ],
    );
}

#[test]
fn methods_of_builtins_use_locales_and_options() {
    assert_texts(
        "const date = new Date('2024-07-15T16:05:09Z');",
        &[
            ("date.toLocaleString()", "7/15/2024, 4:05:09 PM"),
            ("date.toLocaleDateString()", "7/15/2024"),
            ("date.toLocaleTimeString()", "4:05:09 PM"),
            (
                "date.toLocaleString('en-US', { timeZone: 'Asia/Tokyo' })",
                "7/16/2024, 1:05:09 AM",
            ),
            (
                "date.toLocaleDateString('en-US', { month: 'short', day: 'numeric' })",
                "Jul 15",
            ),
            (
                "date.toLocaleDateString(undefined, { weekday: 'long' })",
                "Monday",
            ),
            (
                "date.toLocaleTimeString('en-US', { hour: '2-digit', minute: '2-digit' })",
                "04:05 PM",
            ),
            ("new Date(NaN).toLocaleString()", "Invalid Date"),
            ("(1234.5).toLocaleString()", "1,234.5"),
            (
                "(1234.5).toLocaleString('de-DE', { minimumFractionDigits: 2 })",
                "1.234,50",
            ),
            (
                "(12345678901234567890n).toLocaleString()",
                "12,345,678,901,234,567,890",
            ),
            (
                "[1234.5, null, 'a', [1e6], new Date(0)].toLocaleString()",
                "1,234.5,,a,1,000,000,1/1/1970, 12:00:00 AM",
            ),
            ("[1234.5].toLocaleString('de-DE')", "1.234,5"),
            (
                "new Float64Array([1234.5, 2]).toLocaleString()",
                "1,234.5,2",
            ),
            (
                "['b', 'a', 'C', 'ä', 'A'].sort((a, b) => a.localeCompare(b)).join()",
                "a,A,ä,b,C",
            ),
            (
                "['z', 'ä', 'a'].sort((a, b) => a.localeCompare(b, 'sv')).join()",
                "a,z,ä",
            ),
            (
                "String('a'.localeCompare('A', undefined, { sensitivity: 'base' }))",
                "0",
            ),
            (
                "String('a10'.localeCompare('a9', 'en', { numeric: true }))",
                "1",
            ),
            ("'ß'.toLocaleUpperCase()", "SS"),
            ("'i'.toLocaleUpperCase('tr')", "İ"),
            ("'I'.toLocaleLowerCase(['tr', 'en'])", "ı"),
            (
                "[Date.prototype.toLocaleString.length, String.prototype.localeCompare.length, Array.prototype.toLocaleString.name].join()",
                "0,1,toLocaleString",
            ),
        ],
    );
}

#[test]
fn collation_plurals_lists_segments_and_relative_times_follow_their_language() {
    assert_texts(
        "const texts = (locale, granularity, text) => Array.from(new Intl.Segmenter(locale, { granularity }).segment(text), ({ segment }) => segment).join('|');",
        &[
            (
                "['z', 'a', 'ä', 'Z', '10', '9'].sort(new Intl.Collator('de').compare).join()",
                "10,9,a,ä,z,Z",
            ),
            (
                "['10', '9'].sort(new Intl.Collator('en', { numeric: true }).compare).join()",
                "9,10",
            ),
            (
                "['a', 'A'].sort(new Intl.Collator('en', { caseFirst: 'upper' }).compare).join()",
                "A,a",
            ),
            (
                "String(new Intl.Collator('de-u-co-phonebk').compare('ä', 'ad'))",
                "1",
            ),
            (
                "[0, 1, 2, 5, 22].map((n) => new Intl.PluralRules('pl').select(n)).join()",
                "many,one,few,many,few",
            ),
            (
                "[1, 2, 3, 4, 11, 21].map((n) => new Intl.PluralRules('en', { type: 'ordinal' }).select(n)).join()",
                "one,two,few,other,other,one",
            ),
            (
                "new Intl.PluralRules('ar').resolvedOptions().pluralCategories.join()",
                "zero,one,two,few,many,other",
            ),
            (
                "new Intl.ListFormat('en').format(['a', 'b', 'c'])",
                "a, b, and c",
            ),
            (
                "new Intl.ListFormat('de', { type: 'disjunction' }).format(['a', 'b'])",
                "a oder b",
            ),
            (
                "new Intl.ListFormat('en', { type: 'unit', style: 'narrow' }).format(['a', 'b'])",
                "a b",
            ),
            (
                "texts('en', 'grapheme', 'e\\u{0301}👨\u{200d}👩\u{200d}👧🇩🇪')",
                "e\u{301}|👨\u{200d}👩\u{200d}👧|🇩🇪",
            ),
            (
                "texts('en', 'word', 'Hi there, you.')",
                "Hi| |there|,| |you|.",
            ),
            (
                "texts('en', 'sentence', 'One. Two? Three')",
                "One. |Two? |Three",
            ),
            (
                "new Intl.Segmenter('en').segment('abc').containing(1).segment",
                "b",
            ),
            (
                "new Intl.RelativeTimeFormat('en').format(-3, 'days')",
                "3 days ago",
            ),
            (
                "new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(1, 'day')",
                "tomorrow",
            ),
            (
                "new Intl.RelativeTimeFormat('en', { style: 'short' }).format(2, 'month')",
                "in 2 mo.",
            ),
            (
                "Intl.getCanonicalLocales(['EN-us', 'de-latn-de', 'iw']).join()",
                "en-US,de-Latn-DE,he",
            ),
            (
                "new Intl.Locale('en-Latn-US', { hourCycle: 'h12' }).toString()",
                "en-Latn-US-u-hc-h12",
            ),
            ("new Intl.Locale('zh').maximize().toString()", "zh-Hans-CN"),
            (
                "Intl.NumberFormat.supportedLocalesOf(['de', 'xx', 'en-GB']).join()",
                "de,en-GB",
            ),
        ],
    );
}

/// `intl/expected.mjs` writes the file.
#[test]
fn the_most_used_calls_give_what_node_gives_in_each_locale() {
    let file = include_str!("intl/expected.json");
    let locales: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(file).unwrap();
    assert!(locales.len() >= 30);
    let rig = Rig::new();
    for (locale, cases) in locales {
        let (expressions, expected): (Vec<String>, Vec<String>) = cases.into_iter().unzip();
        let source = format!("return [{}]", expressions.join(",\n"));
        let found: Vec<String> = serde_json::from_value(rig.value(&source, "{}")).unwrap();
        for ((expression, found), expected) in expressions.iter().zip(found).zip(expected) {
            assert_eq!(found, expected, "{locale}: {expression}");
        }
    }
}

#[test]
fn what_intl_does_not_support_throws() {
    assert_throws(&[
        // A locale without data.
        ("new Intl.NumberFormat('sw')", "RangeError"),
        ("new Date(0).toLocaleDateString('am')", "RangeError"),
        ("(1).toLocaleString('zu-ZA')", "RangeError"),
        // Other calendars.
        (
            "new Intl.DateTimeFormat('en', { calendar: 'hebrew' })",
            "RangeError",
        ),
        ("new Date(0).toLocaleDateString('fa')", "RangeError"),
        // Fields that no format of the locale has.
        (
            "new Intl.DateTimeFormat('en', { weekday: 'long', year: 'numeric' })",
            "RangeError",
        ),
        (
            "new Intl.DateTimeFormat('en', { timeZoneName: 'longGeneric' })",
            "RangeError",
        ),
        (
            "new Intl.DateTimeFormat('en').formatRange(0, 1e12)",
            "RangeError",
        ),
        (
            "new Intl.NumberFormat('en', { style: 'percent' }).formatRange(1, 2)",
            "RangeError",
        ),
        (
            "new Intl.NumberFormat('en', { numberingSystem: 'arab' })",
            "RangeError",
        ),
        (
            "new Intl.NumberFormat('en', { style: 'unit', unit: 'parsec' })",
            "RangeError",
        ),
        ("new Intl.Collator('en', { usage: 'search' })", "RangeError"),
        (
            "[...new Intl.Segmenter('en').segment('a'.repeat(2 << 20))]",
            "RangeError",
        ),
        ("Intl.supportedValuesOf('planet')", "RangeError"),
        (
            "new Intl.DisplayNames('en', { type: 'calendar' })",
            "RangeError",
        ),
        (
            "new Intl.DisplayNames('en', { type: 'language' }).of('tlh')",
            "RangeError",
        ),
        ("new Intl.DurationFormat('en')", "TypeError"),
    ]);
    assert_values(&[(
        "try { new Intl.NumberFormat('sw') } catch (error) { return error.message }",
        json!("Intl: the locale sw is not supported by this runtime"),
    )]);
}

#[test]
fn an_unknown_language_gets_the_default_locale_and_a_list_its_first_known_locale() {
    assert_texts(
        "const locale = (list) => new Intl.NumberFormat(list).resolvedOptions().locale;",
        &[
            ("locale('xx')", "en-US"),
            ("locale(['sw', 'de-AT', 'en'])", "de-AT"),
            ("locale('de-JP')", "de"),
            ("locale('zh-TW')", "zh-TW"),
            ("locale('en-u-nu-thai')", "en-u-nu-thai"),
        ],
    );
}

#[test]
fn hour12_has_the_midnight_of_its_clock() {
    assert_texts(
        "const at = (locale, hour12) => new Date(0).toLocaleTimeString(locale, { hour12, timeZone: 'UTC' });",
        &[
            ("at('en-US', false)", "00:00:00"),
            ("at('en-US', true)", "12:00:00 AM"),
            ("at('de', false)", "00:00:00"),
            ("at('de', true)", "12:00:00 AM"),
            ("at('ja', true)", "午前0:00:00"),
        ],
    );
}

#[test]
fn invalid_arguments_of_intl_throw() {
    assert_throws(&[
        ("Intl.getCanonicalLocales('en_US')", "RangeError"),
        ("new Intl.DateTimeFormat('x')", "RangeError"),
        (
            "new Intl.DateTimeFormat('en', { timeZone: 'Nowhere/Nothing' })",
            "RangeError",
        ),
        (
            "new Intl.DateTimeFormat('en', { month: 'wide' })",
            "RangeError",
        ),
        (
            "new Intl.DateTimeFormat('en', { dateStyle: 'short', year: 'numeric' })",
            "TypeError",
        ),
        ("new Intl.DateTimeFormat('en').format(NaN)", "RangeError"),
        (
            "new Intl.NumberFormat('en', { style: 'currency' })",
            "TypeError",
        ),
        (
            "new Intl.NumberFormat('en', { style: 'currency', currency: 'EURO' })",
            "RangeError",
        ),
        (
            "new Intl.NumberFormat('en', { minimumFractionDigits: 3, maximumFractionDigits: 1 })",
            "RangeError",
        ),
        (
            "new Intl.NumberFormat('en', { maximumFractionDigits: 101 })",
            "RangeError",
        ),
        ("new Intl.ListFormat('en').format([1])", "TypeError"),
        ("new Intl.PluralRules('en').select(Symbol())", "TypeError"),
        ("Intl.PluralRules('en')", "TypeError"),
        (
            "new Intl.RelativeTimeFormat('en').format(1, 'eon')",
            "RangeError",
        ),
        ("Date.prototype.toLocaleString.call({})", "TypeError"),
        ("Number.prototype.toLocaleString.call('1')", "TypeError"),
        (
            "String.prototype.localeCompare.call(null, 'a')",
            "TypeError",
        ),
        (
            "Array.prototype.toLocaleString.call(undefined)",
            "TypeError",
        ),
    ]);
}

#[test]
fn many_formatters_do_not_use_up_the_memory() {
    assert_values(&[(
        "let text = ''; \
         for (let i = 0; i < 3000; i++) text = new Intl.NumberFormat('de-DE').format(i + 0.5); \
         return text",
        json!("2.999,5"),
    )]);
}
