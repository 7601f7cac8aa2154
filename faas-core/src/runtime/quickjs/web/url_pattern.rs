//! `URLPattern`.

use std::borrow::Cow;

use regex::Regex;
use rquickjs::{Array, Ctx, IntoJs as _, Object, Value};
use urlpattern::quirks::{self, StringOrInit, UrlPatternInit};
use urlpattern::regexp::RegExp;
use urlpattern::{RegexSyntax, UrlPatternOptions};

use super::{Host, add};
use crate::runtime::quickjs::raw;

/// The maximum length of a pattern in bytes. Some patterns take time in proportion to the square of
/// their length.
const MAX_PATTERN: usize = 8 << 10;

pub(super) fn native<'js>(ctx: &Ctx<'js>, _: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    add(&native, "parse", parse)?;
    add(&native, "input", |input: Value<'_>, base: Value<'_>| {
        let base = raw::text(&base);
        let (input, _) = quirks::process_match_input(read(&input)?, base.as_deref()).ok()??;
        let input = quirks::parse_match_input(input)?;
        Some(vec![
            input.protocol,
            input.username,
            input.password,
            input.hostname,
            input.port,
            input.pathname,
            input.search,
            input.hash,
        ])
    })?;
    Ok(native)
}

/// Reads a string, or the array of the members of a `URLPatternInit`.
fn read<'a>(input: &Value<'_>) -> Option<StringOrInit<'a>> {
    if let Some(text) = raw::text(input) {
        return Some(StringOrInit::String(Cow::Owned(text)));
    }
    let members = input.as_array()?;
    let member = |index| raw::text(&members.get::<Value<'_>>(index).ok()?);
    Some(StringOrInit::Init(UrlPatternInit {
        protocol: member(0),
        username: member(1),
        password: member(2),
        hostname: member(3),
        port: member(4),
        pathname: member(5),
        search: member(6),
        hash: member(7),
        base_url: member(8),
    }))
}

/// Returns an array with the pattern, the regular expression and the names of the groups of each
/// component, and then whether one has a regular expression of the user's; or what is wrong.
fn parse<'js>(
    ctx: Ctx<'js>,
    pattern: Value<'js>,
    base: Value<'js>,
    ignore_case: bool,
) -> rquickjs::Result<Value<'js>> {
    let pattern = read(&pattern).ok_or(rquickjs::Error::Allocation)?;
    let parsed = match compile(pattern, raw::text(&base), ignore_case) {
        Ok(parsed) => parsed,
        Err(message) => return message.into_js(&ctx),
    };
    let array = Array::new(ctx.clone())?;
    let components = [
        parsed.protocol,
        parsed.username,
        parsed.password,
        parsed.hostname,
        parsed.port,
        parsed.pathname,
        parsed.search,
        parsed.hash,
    ];
    for (index, component) in components.into_iter().enumerate() {
        let parts = Array::new(ctx.clone())?;
        parts.set(0, component.pattern_string)?;
        parts.set(1, component.regexp_string)?;
        parts.set(2, component.group_name_list)?;
        array.set(index, parts)?;
    }
    array.set(8, parsed.has_regexp_groups)?;
    array.into_js(&ctx)
}

fn compile(
    pattern: StringOrInit<'_>,
    base: Option<String>,
    ignore_case: bool,
) -> Result<quirks::UrlPattern, String> {
    let length = match &pattern {
        StringOrInit::String(text) => text.len(),
        StringOrInit::Init(init) => [
            &init.protocol,
            &init.username,
            &init.password,
            &init.hostname,
            &init.port,
            &init.pathname,
            &init.search,
            &init.hash,
        ]
        .into_iter()
        .flatten()
        .map(String::len)
        .sum(),
    };
    if length > MAX_PATTERN {
        return Err(format!("it is longer than {MAX_PATTERN} bytes"));
    }
    let init = match pattern {
        StringOrInit::String(text) => {
            let base = base.map(|base| url::Url::parse(&base)).transpose();
            let base = base.map_err(|error| format!("its base URL: {error}"))?;
            urlpattern::UrlPatternInit::parse_constructor_string::<Expression>(&text, base)
        }
        init @ StringOrInit::Init(_) => {
            quirks::process_construct_pattern_input(init, base.as_deref())
        }
    };
    let options = UrlPatternOptions {
        ignore_case,
        regex_syntax: RegexSyntax::EcmaScript,
    };
    init.and_then(|init| quirks::parse_pattern::<Expression>(init, options))
        .map_err(|error| error.to_string())
}

/// A regular expression of JavaScript's. It is compiled here only to find out whether a pattern of a
/// protocol matches one of the special schemes, which patterns are parsed by.
struct Expression {
    pattern: String,
    ignore_case: bool,
}

impl RegExp for Expression {
    fn syntax() -> RegexSyntax {
        RegexSyntax::EcmaScript
    }

    fn parse(pattern: &str, flags: &str, _: bool) -> Result<Self, ()> {
        Ok(Self {
            pattern: pattern.to_owned(),
            ignore_case: flags.contains('i'),
        })
    }

    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        let prefix = if self.ignore_case { "(?i)" } else { "" };
        let regex = Regex::new(&format!("{prefix}{}", self.pattern)).ok()?;
        regex.is_match(text).then(Vec::new)
    }

    fn pattern_string(&self) -> &str {
        &self.pattern
    }
}
