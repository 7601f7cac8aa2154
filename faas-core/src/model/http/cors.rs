//! What pages of other origins may do with a function's responses (the CORS protocol of the Fetch
//! standard).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::InvalidHttp;
use super::config::{invalid, is_method};
use crate::model::egress::is_header_name;

/// The most entries of a list.
const MAX_LISTED: usize = 64;
/// The longest origin, in bytes.
const MAX_ORIGIN: usize = 512;
/// How long a browser may keep the answer to a preflight by default.
const MAX_AGE: Duration = Duration::from_secs(600);

/// What pages of other origins may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", rename_all = "camelCase")]
pub struct HttpCors {
    origins: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    expose_headers: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    credentials: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unchecked {
    origins: Vec<String>,
    methods: Option<Vec<String>>,
    headers: Option<Vec<String>>,
    #[serde(default)]
    expose_headers: Vec<String>,
    #[serde(default)]
    credentials: bool,
    /// Seconds.
    max_age: Option<u64>,
}

impl TryFrom<Unchecked> for HttpCors {
    type Error = InvalidHttp;

    fn try_from(read: Unchecked) -> Result<Self, InvalidHttp> {
        if read.origins.is_empty() {
            return invalid("http.cors.origins is empty: list origins, or * for all");
        }
        check_list("origins", &read.origins, |origin| {
            origin == "*" || is_origin(origin)
        })?;
        check_list("methods", read.methods.as_deref().unwrap_or(&[]), is_method)?;
        let headers = read.headers.as_deref().unwrap_or(&[]);
        check_list("headers", headers, is_header_name)?;
        check_list("exposeHeaders", &read.expose_headers, is_header_name)?;
        let is_any = read.origins.iter().any(|origin| origin == "*");
        if read.credentials && is_any {
            return invalid(
                "http.cors.credentials is true for every origin: list the origins that may send \
                 cookies",
            );
        }
        Ok(Self {
            origins: read.origins,
            methods: read.methods,
            headers: read.headers,
            expose_headers: read.expose_headers,
            credentials: read.credentials,
            max_age: read.max_age,
        })
    }
}

fn check_list(
    name: &str,
    list: &[String],
    is_valid: impl Fn(&str) -> bool,
) -> Result<(), InvalidHttp> {
    let count = list.len();
    if count > MAX_LISTED {
        return invalid(format!(
            "http.cors.{name} has {count} entries: at most {MAX_LISTED} are accepted"
        ));
    }
    match list.iter().position(|entry| !is_valid(entry)) {
        Some(place) => invalid(format!("http.cors.{name}[{place}] is not valid")),
        None => Ok(()),
    }
}

/// Whether a text is an origin as browsers send it: `https://example.com:8443`.
fn is_origin(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let is_part =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._:[]".contains(&byte);
    text.len() <= MAX_ORIGIN
        && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_part))
}

impl HttpCors {
    /// Lets pages of every origin read responses, without cookies.
    pub fn any_origin() -> Self {
        Self {
            origins: vec!["*".to_owned()],
            methods: None,
            headers: None,
            expose_headers: Vec::new(),
            credentials: false,
            max_age: None,
        }
    }

    /// The value of `Access-Control-Allow-Origin` for a request of this origin; `None`: its pages
    /// may not read the response.
    pub fn allow_origin<'a>(&self, origin: &'a str) -> Option<&'a str> {
        if self.origins.iter().any(|one| one == "*") {
            return Some("*");
        }
        self.origins
            .iter()
            .any(|one| one == origin)
            .then_some(origin)
    }

    /// Whether the answer depends on the origin.
    pub fn varies(&self) -> bool {
        self.origins.iter().all(|one| one != "*")
    }

    /// The methods that pages may use; `None`: those that the function accepts.
    pub fn methods(&self) -> Option<&[String]> {
        self.methods.as_deref()
    }

    /// The headers that pages may send; `None`: those that they ask for.
    pub fn headers(&self) -> Option<&[String]> {
        self.headers.as_deref()
    }

    /// The headers of responses that pages may read besides the usual ones.
    pub fn exposed_headers(&self) -> &[String] {
        &self.expose_headers
    }

    /// Whether pages may send cookies.
    pub const fn credentials(&self) -> bool {
        self.credentials
    }

    /// How long a browser may keep the answer to a preflight.
    pub fn max_age(&self) -> Duration {
        self.max_age.map_or(MAX_AGE, Duration::from_secs)
    }
}
