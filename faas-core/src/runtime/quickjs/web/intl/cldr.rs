//! The data of CLDR: how each locale writes numbers, dates, units and names. `cldr/README.md` says
//! where they come from.

use rquickjs::{Object, Value};

use crate::runtime::quickjs::raw;
use crate::runtime::quickjs::web::add;

/// The files of the languages. A line has a locale, a section and JSON. The JSON of a locale with a
/// parent has only what differs from the parent.
const FILES: &[(&str, &str)] = &[
    ("shared", include_str!("cldr/shared.txt")),
    ("ar", include_str!("cldr/ar.txt")),
    ("bg", include_str!("cldr/bg.txt")),
    ("bn", include_str!("cldr/bn.txt")),
    ("ca", include_str!("cldr/ca.txt")),
    ("cs", include_str!("cldr/cs.txt")),
    ("da", include_str!("cldr/da.txt")),
    ("de", include_str!("cldr/de.txt")),
    ("el", include_str!("cldr/el.txt")),
    ("en", include_str!("cldr/en.txt")),
    ("es", include_str!("cldr/es.txt")),
    ("et", include_str!("cldr/et.txt")),
    ("fa", include_str!("cldr/fa.txt")),
    ("fi", include_str!("cldr/fi.txt")),
    ("fil", include_str!("cldr/fil.txt")),
    ("fr", include_str!("cldr/fr.txt")),
    ("he", include_str!("cldr/he.txt")),
    ("hi", include_str!("cldr/hi.txt")),
    ("hr", include_str!("cldr/hr.txt")),
    ("hu", include_str!("cldr/hu.txt")),
    ("id", include_str!("cldr/id.txt")),
    ("it", include_str!("cldr/it.txt")),
    ("ja", include_str!("cldr/ja.txt")),
    ("ko", include_str!("cldr/ko.txt")),
    ("lt", include_str!("cldr/lt.txt")),
    ("lv", include_str!("cldr/lv.txt")),
    ("ms", include_str!("cldr/ms.txt")),
    ("nb", include_str!("cldr/nb.txt")),
    ("nl", include_str!("cldr/nl.txt")),
    ("no", include_str!("cldr/no.txt")),
    ("pl", include_str!("cldr/pl.txt")),
    ("pt", include_str!("cldr/pt.txt")),
    ("ro", include_str!("cldr/ro.txt")),
    ("ru", include_str!("cldr/ru.txt")),
    ("sk", include_str!("cldr/sk.txt")),
    ("sl", include_str!("cldr/sl.txt")),
    ("sr", include_str!("cldr/sr.txt")),
    ("sv", include_str!("cldr/sv.txt")),
    ("ta", include_str!("cldr/ta.txt")),
    ("th", include_str!("cldr/th.txt")),
    ("tr", include_str!("cldr/tr.txt")),
    ("uk", include_str!("cldr/uk.txt")),
    ("ur", include_str!("cldr/ur.txt")),
    ("vi", include_str!("cldr/vi.txt")),
    ("zh", include_str!("cldr/zh.txt")),
];

pub(super) fn add_to(native: &Object<'_>) -> rquickjs::Result<()> {
    add(native, "data", |locale: Value<'_>, section: Value<'_>| {
        find(&raw::text(&locale)?, &raw::text(&section)?)
    })
}

fn find(locale: &str, section: &str) -> Option<&'static str> {
    let language = locale.split('-').next()?;
    let (_, text) = FILES.iter().find(|(name, _)| *name == language)?;
    text.lines().find_map(|line| {
        let line = line.strip_prefix(locale)?.strip_prefix(' ')?;
        line.strip_prefix(section)?.strip_prefix(' ')
    })
}

#[cfg(test)]
mod tests {
    use super::{FILES, find};

    #[test]
    fn every_line_has_a_locale_of_its_file_a_section_and_json() {
        for (name, text) in FILES {
            for line in text.lines() {
                let mut parts = line.splitn(3, ' ');
                let (locale, section) = (parts.next().unwrap(), parts.next().unwrap());
                assert_eq!(locale.split('-').next(), Some(*name));
                assert!(find(locale, section).is_some());
                serde_json::from_str::<serde::de::IgnoredAny>(parts.next().unwrap()).unwrap();
            }
        }
    }
}
