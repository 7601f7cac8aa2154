//! `URL` and `URLSearchParams`.

use rquickjs::{Array, Ctx, Object, Value};
use url::Position::{
    AfterHost, AfterPath, AfterPort, AfterQuery, AfterUsername, BeforeHost, BeforePath, BeforePort,
    BeforeUsername,
};
use url::{Url, form_urlencoded, quirks};

use super::{Host, add};
use crate::runtime::quickjs::raw;

pub(super) fn native<'js>(ctx: &Ctx<'js>, _: &Host) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    add(&native, "parse", |text: Value<'_>, base: Value<'_>| {
        Some(Parsed(parse(&raw::text(&text)?, raw::text(&base))?))
    })?;
    add(
        &native,
        "set",
        |url: Value<'_>, component: String, value: Value<'_>| {
            let url = Url::parse(&raw::text(&url)?).ok()?;
            Some(Parsed(set(url, &component, &raw::text(&value)?)?))
        },
    )?;
    add(&native, "origin", |url: Value<'_>| {
        Some(origin(&Url::parse(&raw::text(&url)?).ok()?))
    })?;
    add(&native, "parseQuery", parse_query)?;
    add(&native, "encode", |text: Value<'_>| {
        let text = raw::text(&text)?;
        Some(form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>())
    })?;
    Ok(native)
}

pub(super) fn parse(text: &str, base: Option<String>) -> Option<Url> {
    let base = match base {
        Some(base) => Some(Url::parse(&base).ok()?),
        None => None,
    };
    Url::options().base_url(base.as_ref()).parse(text).ok()
}

/// A URL that becomes an array of its text, which is ASCII, and of the places of its components.
struct Parsed(Url);

impl<'js> rquickjs::IntoJs<'js> for Parsed {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        let Self(url) = self;
        let array = Array::new(ctx.clone())?;
        array.set(0, url.as_str())?;
        array.set(1, quirks::protocol(&url).len())?;
        let at = |place| url[..place].len();
        let user_end = at(AfterUsername);
        // `BeforePassword` fails in debug builds for a user without a password.
        let (password, password_end) = match url.password() {
            Some(password) => (user_end + 1, user_end + 1 + password.len()),
            None => (user_end, user_end),
        };
        let places = [
            at(BeforeUsername),
            user_end,
            password,
            password_end,
            at(BeforeHost),
            at(AfterHost),
            at(BeforePort),
            at(AfterPort),
            at(BeforePath),
            at(AfterPath),
            at(AfterQuery),
        ];
        for (index, place) in places.into_iter().enumerate() {
            array.set(index + 2, place)?;
        }
        Ok(array.into_value())
    }
}

/// Sets a component; `None` if the URL cannot have that one.
fn set(mut url: Url, component: &str, value: &str) -> Option<Url> {
    match component {
        "protocol" => quirks::set_protocol(&mut url, value).ok()?,
        "username" => quirks::set_username(&mut url, value).ok()?,
        "password" => quirks::set_password(&mut url, value).ok()?,
        "host" => quirks::set_host(&mut url, value).ok()?,
        "hostname" => quirks::set_hostname(&mut url, value).ok()?,
        "port" => quirks::set_port(&mut url, value).ok()?,
        "pathname" => quirks::set_pathname(&mut url, value),
        "search" => quirks::set_search(&mut url, value),
        "hash" => quirks::set_hash(&mut url, value),
        _ => return None,
    }
    Some(url)
}

/// Returns the origin. That of a `blob:` URL is the one of its path if that is an HTTP URL.
fn origin(url: &Url) -> String {
    let has_origin = url.scheme() != "blob"
        || Url::parse(url.path()).is_ok_and(|inner| matches!(inner.scheme(), "http" | "https"));
    if has_origin {
        quirks::origin(url)
    } else {
        "null".to_owned()
    }
}

/// Returns the names and values of a query, one after the other. The pairs are made in the heap of
/// the isolate one by one, since there may be as many as half of the characters.
fn parse_query<'js>(ctx: Ctx<'js>, text: Value<'js>) -> rquickjs::Result<Array<'js>> {
    let text = raw::text(&text).ok_or(rquickjs::Error::Allocation)?;
    let array = Array::new(ctx)?;
    for (index, (name, value)) in form_urlencoded::parse(text.as_bytes()).enumerate() {
        array.set(2 * index, name.as_ref())?;
        array.set(2 * index + 1, value.as_ref())?;
    }
    Ok(array)
}
