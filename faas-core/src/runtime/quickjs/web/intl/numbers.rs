//! `Intl.NumberFormat` and `Intl.PluralRules`.

use fixed_decimal::Decimal;
use icu_decimal::options::{DecimalFormatterOptions, GroupingStrategy};
use icu_decimal::{DecimalFormatter, DecimalFormatterPreferences};
use icu_plurals::{PluralCategory, PluralOperands, PluralRules, PluralRulesPreferences};
use rquickjs::{Ctx, Function, Object, Value};

use super::{FORMATTER, Parts, locale};
use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::{Host, add};

/// The maximum length of a number in digits.
const MAX_DIGITS: usize = 4096;

fn decimal(text: &Value<'_>) -> Option<Decimal> {
    let text = raw::text(text)?;
    (text.len() <= MAX_DIGITS).then(|| Decimal::try_from_str(&text).ok())?
}

pub(super) fn add_to<'js>(native: &Object<'js>, host: &Host) -> rquickjs::Result<()> {
    let heap = host.heap.clone();
    add(
        native,
        "numberFormatter",
        move |ctx: Ctx<'js>,
              tag: Value<'js>,
              grouping: Value<'js>|
              -> rquickjs::Result<Option<Function<'js>>> {
            let Some(locale) = locale(&tag) else {
                return Ok(None);
            };
            let mut options = DecimalFormatterOptions::default();
            options.grouping_strategy = Some(match raw::text(&grouping).as_deref() {
                Some("never") => GroupingStrategy::Never,
                Some("always") => GroupingStrategy::Always,
                Some("min2") => GroupingStrategy::Min2,
                _ => GroupingStrategy::Auto,
            });
            let preferences = DecimalFormatterPreferences::from(&locale);
            let Ok(formatter) = DecimalFormatter::try_new(preferences, options) else {
                return Ok(None);
            };
            let formatter = heap.keep(FORMATTER, || formatter);
            let formatter = formatter.ok_or(rquickjs::Error::Allocation)?;
            Function::new(ctx, move |number: Value<'_>| {
                let number = decimal(&number)?;
                formatter.with(|formatter| Parts::of(&formatter.format(&number), "decimal"))?
            })
            .map(Some)
        },
    )?;
    let heap = host.heap.clone();
    add(
        native,
        "pluralRules",
        move |ctx: Ctx<'js>,
              tag: Value<'js>,
              is_ordinal: bool|
              -> rquickjs::Result<Option<Function<'js>>> {
            let Some(locale) = locale(&tag) else {
                return Ok(None);
            };
            let preferences = PluralRulesPreferences::from(&locale);
            let rules = if is_ordinal {
                PluralRules::try_new_ordinal(preferences)
            } else {
                PluralRules::try_new_cardinal(preferences)
            };
            let Ok(rules) = rules else {
                return Ok(None);
            };
            let rules = heap.keep(FORMATTER, || rules);
            let rules = rules.ok_or(rquickjs::Error::Allocation)?;
            // The category of a number; without one, all categories.
            Function::new(ctx, move |number: Value<'_>| -> Option<Vec<&'static str>> {
                rules.with(|rules| {
                    if number.is_undefined() {
                        return Some(rules.categories().map(name).collect());
                    }
                    let operands = PluralOperands::from(&decimal(&number)?);
                    Some(vec![name(rules.category_for(operands))])
                })?
            })
            .map(Some)
        },
    )
}

const fn name(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}
