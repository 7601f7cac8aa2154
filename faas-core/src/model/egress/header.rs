//! The headers that the broker adds: templates with secrets, and names that no rule and no code can
//! set.

use serde::{Deserialize, Serialize};

use super::InvalidRules;

/// The value of a header, in which `${secret:NAME}` stands for the text of a secret.
///
/// ```
/// use faas_core::model::egress::{HeaderTemplate, Part};
///
/// let template: HeaderTemplate = "Bearer ${secret:KEY}".parse()?;
/// let parts: Vec<Part<'_>> = template.parts().collect();
/// assert_eq!(parts, [Part::Text("Bearer "), Part::Secret("KEY")]);
/// # Ok::<(), faas_core::model::egress::InvalidRules>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderTemplate(String);

/// A part of a [`HeaderTemplate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Text as it is sent.
    Text(&'a str),
    /// The name of a secret, whose text is sent.
    Secret(&'a str),
}

const OPEN: &str = "${";
const SECRET: &str = "secret:";

impl HeaderTemplate {
    /// The longest template, in bytes.
    pub const MAX_LENGTH: usize = 1_024;

    /// The parts, in order.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let mut rest = self.0.as_str();
        std::iter::from_fn(move || {
            if let Some(opened) = rest.strip_prefix(OPEN) {
                // The text was checked when it was parsed.
                let (name, after) = opened.strip_prefix(SECRET)?.split_once('}')?;
                rest = after;
                return Some(Part::Secret(name));
            }
            if rest.is_empty() {
                return None;
            }
            let (text, after) = rest.split_at(rest.find(OPEN).unwrap_or(rest.len()));
            rest = after;
            Some(Part::Text(text))
        })
    }

    /// The names of the secrets in it.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.parts().filter_map(|part| match part {
            Part::Secret(name) => Some(name),
            Part::Text(_) => None,
        })
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for HeaderTemplate {
    type Err = InvalidRules;

    fn from_str(text: &str) -> Result<Self, InvalidRules> {
        let wrong = |what: &str| Err(InvalidRules(format!("the value of a header {what}")));
        if text.len() > Self::MAX_LENGTH {
            let most = Self::MAX_LENGTH;
            return wrong(&format!("is too long: at most {most} bytes are accepted"));
        }
        if text.trim() != text {
            return wrong("must not begin or end with a space");
        }
        if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return wrong("may contain printable ASCII characters only");
        }
        let mut rest = text;
        while let Some((_, opened)) = rest.split_once(OPEN) {
            let Some((inside, after)) = opened.split_once('}') else {
                return wrong("contains \"${\" without \"}\"");
            };
            match inside.strip_prefix(SECRET) {
                Some(name) if is_secret_name(name) => rest = after,
                Some(_) => return wrong("contains ${secret:…} with an invalid name of a secret"),
                None => return wrong("contains an unknown ${…}: only ${secret:NAME} is known"),
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for HeaderTemplate {
    type Error = InvalidRules;

    fn try_from(text: String) -> Result<Self, InvalidRules> {
        text.parse()
    }
}

impl From<HeaderTemplate> for String {
    fn from(template: HeaderTemplate) -> Self {
        template.0
    }
}

fn is_secret_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.len() <= 128
}

/// Whether a text is a token of RFC 9110, as names of headers and methods are.
pub fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Whether only the broker may set this header, whose name can be in any case: it frames the message,
/// names its receiver, or is for a proxy.
pub fn is_broker_header(name: &str) -> bool {
    const NAMES: [&str; 11] = [
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    ];
    let is_for_proxies = name
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("proxy-"));
    is_for_proxies || NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}
