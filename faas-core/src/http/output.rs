//! The response in the result of a call. Nothing in it can be trusted.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::headers::kept_headers;
use crate::model::Json;

/// The most headers of a response.
const MAX_HEADERS: usize = 256;
/// The most bytes of all headers of a response.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// The result of a call.
pub(crate) enum Output {
    /// A response.
    Whole(Head, Bytes),
    /// The code has sent its response through the exchange.
    Sent,
}

/// A response without its body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Bytes)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text<'a> {
    #[serde(default)]
    sent: bool,
    #[serde(default)]
    status: f64,
    #[serde(borrow, default)]
    headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    #[serde(borrow)]
    body: Option<Cow<'a, str>>,
    #[serde(borrow)]
    body_base64: Option<Cow<'a, str>>,
    #[serde(borrow)]
    json: Option<&'a RawValue>,
}

/// Reads the result of a call.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(output: &Json) -> Result<Output, String> {
    let text: Text<'_> = serde_json::from_str(output.as_str())
        .map_err(|_| "the result of the call is not a response".to_owned())?;
    if text.sent {
        return Ok(Output::Sent);
    }
    let head = Head::new(text.status, text.headers)?;
    let body = if let Some(json) = text.json {
        slice(output, json.get())
    } else if let Some(base64) = text.body_base64 {
        let decoded = BASE64_STANDARD.decode(base64.as_bytes());
        Bytes::from(decoded.map_err(|_| "the body is not valid Base64".to_owned())?)
    } else {
        match text.body.unwrap_or_default() {
            Cow::Borrowed(text) => slice(output, text),
            Cow::Owned(text) => Bytes::from(text),
        }
    };
    Ok(Output::Whole(head, body))
}

/// A part of the text, without a copy.
fn slice(output: &Json, part: &str) -> Bytes {
    if part.is_empty() {
        return Bytes::new();
    }
    output.bytes().slice_ref(part.as_bytes())
}

impl Head {
    /// Checks a head, and leaves out what belongs to the connection.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn new<'a>(
        status: f64,
        headers: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    ) -> Result<Self, String> {
        let is_valid = status.fract() == 0.0 && (200.0..600.0).contains(&status);
        if !is_valid {
            return Err(format!(
                "the status of the response is {status}: expected 200 to 599"
            ));
        }
        let mut bytes = 0;
        let mut read = Vec::new();
        for (name, value) in headers {
            bytes += name.len() + value.len();
            if read.len() >= MAX_HEADERS || bytes > MAX_HEADER_BYTES {
                return Err(format!(
                    "the response has too many headers: at most {MAX_HEADERS} with \
                     {MAX_HEADER_BYTES} bytes are accepted"
                ));
            }
            let name = name.to_ascii_lowercase();
            if !crate::model::egress::is_header_name(&name) {
                let shown: String = name.chars().take(64).collect();
                return Err(format!(
                    "the response has the invalid header name {shown:?}"
                ));
            }
            // The server knows the length of what it sends.
            if name == "content-length" {
                continue;
            }
            let value = value_of(&value)
                .ok_or_else(|| format!("the header {name} has an invalid value"))?;
            read.push((name, value));
        }
        let headers = kept_headers(&read).cloned().collect();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is a whole number from 200 to 599"
        )]
        let status = status as u16;
        Ok(Self { status, headers })
    }
}

/// The bytes that the characters of a value stand for; as UTF-8 if one is above U+00FF. Control
/// characters are refused.
fn value_of(text: &str) -> Option<Bytes> {
    if text.chars().any(|c| c.is_ascii_control() && c != '\t') {
        return None;
    }
    if text.is_ascii() {
        return Some(Bytes::copy_from_slice(text.as_bytes()));
    }
    let latin1: Result<Vec<u8>, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
    Some(latin1.map_or_else(|_| Bytes::copy_from_slice(text.as_bytes()), Bytes::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Result<(Head, Bytes), String> {
        match read(&Json::parse(text.to_owned()).unwrap())? {
            Output::Whole(head, body) => Ok((head, body)),
            Output::Sent => panic!("it was sent"),
        }
    }

    #[test]
    fn a_body_is_text_or_bytes_or_the_text_of_a_value() {
        for (text, expected) in [
            (r#"{"status":200,"headers":[],"body":"a\nb"}"#, &b"a\nb"[..]),
            (r#"{"status":200,"headers":[],"body":"ab"}"#, b"ab"),
            (
                r#"{"status":200,"headers":[],"bodyBase64":"/wA="}"#,
                b"\xff\0",
            ),
            (
                r#"{"status":200,"headers":[],"json":{"a": [1]}}"#,
                b"{\"a\": [1]}",
            ),
            (r#"{"status":204,"headers":[]}"#, b""),
        ] {
            assert_eq!(whole(text).unwrap().1, expected, "{text}");
        }
        let sent = read(&Json::parse(r#"{"sent":true}"#).unwrap());
        assert!(matches!(sent, Ok(Output::Sent)));
    }

    #[test]
    fn several_cookies_stay_and_headers_of_the_connection_go() {
        let (head, _) = whole(
            r#"{"status":302,"headers":[["Set-Cookie","a"],["set-cookie","b"],
            ["connection","x-hop"],["x-hop","1"],["transfer-encoding","chunked"],
            ["content-length","7"],["x","ü"],["y","→"]]}"#,
        )
        .unwrap();
        let headers: Vec<_> = head
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), &v[..]))
            .collect();
        let expected: [(&str, &[u8]); 4] = [
            ("set-cookie", b"a"),
            ("set-cookie", b"b"),
            ("x", b"\xfc"),
            ("y", "→".as_bytes()),
        ];
        assert_eq!(headers, expected);
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for (text, expected) in [
            ("7", "not a response"),
            (r#"{"status":99,"headers":[]}"#, "200 to 599"),
            (r#"{"status":200.5,"headers":[]}"#, "200 to 599"),
            (r#"{"headers":[]}"#, "200 to 599"),
            (r#"{"status":200,"headers":[["a b","c"]]}"#, "a b"),
            (
                r#"{"status":200,"headers":[["a","b\r\nc: d"]]}"#,
                "header a",
            ),
            (r#"{"status":200,"headers":[],"bodyBase64":"?"}"#, "Base64"),
        ] {
            let refused = whole(text).unwrap_err();
            assert!(refused.contains(expected), "{text}: {refused}");
        }
        let many = vec![r#"["a","b"]"#; MAX_HEADERS + 1].join(",");
        assert!(whole(&format!(r#"{{"status":200,"headers":[{many}]}}"#)).is_err());
    }
}
