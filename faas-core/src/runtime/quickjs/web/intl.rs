//! The native functions of `Intl`. Tags of languages, case, collation, lists, plural rules and
//! segments are ICU4X's; the rules of time zones are jiff's. The texts of numbers and dates are
//! made in JavaScript from the data of CLDR. All data are constants of the program, so processes
//! share them.
//!
//! A function returns undefined for what it cannot do, and the JavaScript throws.

use std::fmt;
use std::sync::OnceLock;

use icu_casemap::CaseMapper;
use icu_locale::{LanguageIdentifier, Locale, LocaleCanonicalizer, LocaleExpander};
use rquickjs::{Array, Ctx, IntoJs, Object, Value};
use writeable::{Part, PartsWrite, Writeable};

use super::{Host, add};
use crate::runtime::quickjs::raw;

mod cldr;
mod plurals;
mod texts;
mod zones;

/// The memory that a formatter takes, in bytes. Most of what it refers to are constants.
const FORMATTER: usize = 8 << 10;

pub(super) fn native<'js>(ctx: &Ctx<'js>, host: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    add(&native, "canonical", |tag: Value<'_>| {
        let mut locale = Locale::try_from_str(&raw::text(&tag)?).ok()?;
        canonicalizer().canonicalize(&mut locale);
        Some(locale.to_string())
    })?;
    add(&native, "expand", |tag: Value<'_>, maximize: bool| {
        let mut language: LanguageIdentifier = raw::text(&tag)?.parse().ok()?;
        let expander = LocaleExpander::new_extended();
        if maximize {
            expander.maximize(&mut language);
        } else {
            expander.minimize(&mut language);
        }
        Some(language.to_string())
    })?;
    add(
        &native,
        "changeCase",
        |tag: Value<'_>, text: Value<'_>, upper: bool| {
            let (locale, text) = (locale(&tag)?, raw::text(&text)?);
            let mapper = CaseMapper::new();
            Some(if upper {
                mapper.uppercase_to_string(&text, &locale.id).into_owned()
            } else {
                mapper.lowercase_to_string(&text, &locale.id).into_owned()
            })
        },
    )?;
    cldr::add_to(&native)?;
    plurals::add_to(&native, host)?;
    texts::add_to(&native, host)?;
    zones::add_to(&native)?;
    Ok(native)
}

fn canonicalizer() -> &'static LocaleCanonicalizer {
    static CANONICALIZER: OnceLock<LocaleCanonicalizer> = OnceLock::new();
    CANONICALIZER.get_or_init(LocaleCanonicalizer::new_extended)
}

/// Reads a language tag.
fn locale(tag: &Value<'_>) -> Option<Locale> {
    Locale::try_from_str(&raw::text(tag)?).ok()
}

/// The parts of a formatted list, each with its type in ECMA-402.
#[derive(Debug, Default)]
struct Parts {
    open: Vec<&'static str>,
    list: Vec<(&'static str, String)>,
}

impl Parts {
    fn of(value: &impl Writeable) -> Option<Self> {
        let mut parts = Self::default();
        value.write_to_parts(&mut parts).ok()?;
        Some(parts)
    }
}

impl fmt::Write for Parts {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.is_empty() {
            return Ok(());
        }
        let kind = self.open.last().copied().unwrap_or("literal");
        match self.list.last_mut() {
            Some((last, written)) if *last == kind => written.push_str(text),
            _ => self.list.push((kind, text.to_owned())),
        }
        Ok(())
    }
}

impl PartsWrite for Parts {
    type SubPartsWrite = Self;

    fn with_part(
        &mut self,
        part: Part,
        mut write: impl FnMut(&mut Self) -> fmt::Result,
    ) -> fmt::Result {
        if part.category != "list" {
            return write(self);
        }
        self.open.push(part.value);
        let written = write(self);
        self.open.pop();
        written
    }
}

/// Becomes an array of types and texts, one after the other.
impl<'js> IntoJs<'js> for Parts {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        let array = Array::new(ctx.clone())?;
        for (index, (kind, text)) in self.list.into_iter().enumerate() {
            array.set(2 * index, kind)?;
            array.set(2 * index + 1, text)?;
        }
        Ok(array.into_value())
    }
}
