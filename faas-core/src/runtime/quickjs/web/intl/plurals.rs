//! `Intl.PluralRules`.

use fixed_decimal::Decimal;
use icu_plurals::{PluralCategory, PluralOperands, PluralRules, PluralRulesPreferences};
use rquickjs::{Ctx, Function, Object, Value};

use super::{FORMATTER, locale};
use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::{Host, add};

pub(super) fn add_to<'js>(native: &Object<'js>, host: &Host) -> rquickjs::Result<()> {
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
            // Returns the category of a number; without a number, all categories.
            Function::new(ctx, move |number: Value<'_>| -> Option<Vec<&'static str>> {
                rules.with(|rules| {
                    if number.is_undefined() {
                        return Some(rules.categories().map(name).collect());
                    }
                    let number = Decimal::try_from_str(&raw::text(&number)?).ok()?;
                    Some(vec![name(
                        rules.category_for(PluralOperands::from(&number)),
                    )])
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
