//! `Intl.Collator`, `Intl.ListFormat` and `Intl.Segmenter`.

use std::cmp::Ordering;

use icu_collator::options::{AlternateHandling, CaseLevel, CollatorOptions, Strength};
use icu_collator::preferences::{CollationCaseFirst, CollationNumericOrdering};
use icu_collator::{Collator, CollatorPreferences};
use icu_list::options::{ListFormatterOptions, ListLength};
use icu_list::{ListFormatter, ListFormatterPreferences};
use icu_segmenter::options::{SentenceBreakInvariantOptions, WordBreakInvariantOptions};
use icu_segmenter::{GraphemeClusterSegmenter, SentenceSegmenter, WordSegmenter};
use rquickjs::{Array, Ctx, Function, Object, Value};

use super::{FORMATTER, Parts, locale};
use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::{Host, add};

pub(super) fn add_to<'js>(native: &Object<'js>, host: &Host) -> rquickjs::Result<()> {
    let heap = host.heap.clone();
    add(
        native,
        "collator",
        move |ctx: Ctx<'js>,
              tag: Value<'js>,
              options: Object<'js>|
              -> rquickjs::Result<Option<Function<'js>>> {
            let read = |name: &str| raw::text(&options.get::<_, Value<'_>>(name).ok()?);
            let Some(locale) = locale(&tag) else {
                return Ok(None);
            };
            let mut preferences = CollatorPreferences::from(&locale);
            match read("numeric").as_deref() {
                Some("true") => {
                    preferences.numeric_ordering = Some(CollationNumericOrdering::True);
                }
                Some("false") => {
                    preferences.numeric_ordering = Some(CollationNumericOrdering::False);
                }
                _ => {}
            }
            match read("caseFirst").as_deref() {
                Some("upper") => preferences.case_first = Some(CollationCaseFirst::Upper),
                Some("lower") => preferences.case_first = Some(CollationCaseFirst::Lower),
                Some("false") => preferences.case_first = Some(CollationCaseFirst::False),
                _ => {}
            }
            let mut settings = CollatorOptions::default();
            settings.strength = Some(match read("sensitivity").as_deref() {
                Some("base") => Strength::Primary,
                Some("accent") => Strength::Secondary,
                Some("case") => {
                    settings.case_level = Some(CaseLevel::On);
                    Strength::Primary
                }
                _ => Strength::Tertiary,
            });
            if read("ignorePunctuation").as_deref() == Some("true") {
                settings.alternate_handling = Some(AlternateHandling::Shifted);
            }
            let Ok(collator) = Collator::try_new(preferences, settings) else {
                return Ok(None);
            };
            let collator = heap.keep(FORMATTER, || collator.static_to_owned());
            let collator = collator.ok_or(rquickjs::Error::Allocation)?;
            Function::new(ctx, move |left: Value<'_>, right: Value<'_>| {
                let (left, right) = (raw::text(&left)?, raw::text(&right)?);
                collator.with(
                    |collator| match collator.as_borrowed().compare(&left, &right) {
                        Ordering::Less => -1,
                        Ordering::Equal => 0,
                        Ordering::Greater => 1,
                    },
                )
            })
            .map(Some)
        },
    )?;
    add(
        native,
        "list",
        |tag: Value<'_>, kind: Value<'_>, style: Value<'_>, items: Array<'_>| -> Option<Parts> {
            let preferences = ListFormatterPreferences::from(&locale(&tag)?);
            let length = match raw::text(&style)?.as_str() {
                "short" => ListLength::Short,
                "narrow" => ListLength::Narrow,
                _ => ListLength::Wide,
            };
            let options = ListFormatterOptions::default().with_length(length);
            let formatter = match raw::text(&kind)?.as_str() {
                "disjunction" => ListFormatter::try_new_or(preferences, options),
                "unit" => ListFormatter::try_new_unit(preferences, options),
                _ => ListFormatter::try_new_and(preferences, options),
            }
            .ok()?;
            let items: Option<Vec<String>> = items
                .iter::<Value<'_>>()
                .map(|item| raw::text(&item.ok()?))
                .collect();
            Parts::of(&formatter.format(items?.iter()))
        },
    )?;
    add(native, "segment", segment)
}

/// Returns the ends of the segments of a text in UTF-16 code units and, of words, whether each is
/// like a word: one after the other.
fn segment<'js>(
    ctx: Ctx<'js>,
    granularity: Value<'js>,
    text: Value<'js>,
) -> rquickjs::Result<Array<'js>> {
    let text = raw::text(&text).ok_or(rquickjs::Error::Allocation)?;
    let units: Vec<u16> = text.encode_utf16().collect();
    let array = Array::new(ctx)?;
    let mut index = 0;
    let mut add = |end: usize, is_word: bool| {
        if end == 0 {
            return Ok(());
        }
        array.set(index, end)?;
        array.set(index + 1, is_word)?;
        index += 2;
        rquickjs::Result::Ok(())
    };
    match raw::text(&granularity).as_deref() {
        Some("word") => {
            let segmenter = WordSegmenter::new_auto(WordBreakInvariantOptions::default());
            for (end, kind) in segmenter.segment_utf16(&units).iter_with_word_type() {
                add(end, kind.is_word_like())?;
            }
        }
        Some("sentence") => {
            let segmenter = SentenceSegmenter::new(SentenceBreakInvariantOptions::default());
            for end in segmenter.segment_utf16(&units) {
                add(end, false)?;
            }
        }
        _ => {
            for end in GraphemeClusterSegmenter::new().segment_utf16(&units) {
                add(end, false)?;
            }
        }
    }
    Ok(array)
}
