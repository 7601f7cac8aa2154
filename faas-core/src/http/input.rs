//! A request as the input of a call.
//!
//! The record of an execution has the same text, without the values of headers that carry
//! credentials.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

use super::headers::{is_secret, kept_headers};
use super::{Body, MAX_INLINE_BODY, Request};
use crate::bindings::ByteStream;
use crate::model::Json;

/// Stands for a value that a record does not show.
const HIDDEN: &str = "(not recorded)";

/// What a call gets, and what its execution keeps.
pub(crate) struct Input {
    /// For the call.
    pub(crate) call: Json,
    /// For the record.
    pub(crate) record: Json,
    /// The body, if it is not part of the text.
    pub(crate) body: Option<ByteStream>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Text<'a> {
    method: &'a str,
    url: &'a str,
    path: &'a str,
    query: &'a str,
    headers: Headers<'a>,
    params: Params<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    body_stream: bool,
}

/// The headers as an object: the values of a name are joined as HTTP joins them.
struct Headers<'a> {
    pairs: Vec<(&'a str, Cow<'a, str>)>,
    hides_secrets: bool,
}

impl<'a> Headers<'a> {
    fn of(request: &'a Request) -> Self {
        let mut pairs: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(request.headers.len());
        for (name, value) in kept_headers(&request.headers) {
            match pairs.iter_mut().find(|(known, _)| known == name) {
                Some((_, values)) => {
                    let values = values.to_mut();
                    values.push_str(if name == "cookie" { "; " } else { ", " });
                    values.push_str(value);
                }
                None => pairs.push((name, value.into())),
            }
        }
        Self {
            pairs,
            hides_secrets: false,
        }
    }
}

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.pairs.iter().map(|(name, value)| {
            let is_hidden = self.hides_secrets && is_secret(name);
            (*name, if is_hidden { HIDDEN } else { value })
        }))
    }
}

struct Params<'a>(&'a [(String, String)]);

impl Serialize for Params<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A request as a record has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Recorded {
    method: String,
    url: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    #[serde(rename = "params")]
    _params: BTreeMap<String, String>,
    client: Option<IpAddr>,
    body: Option<String>,
    body_base64: Option<String>,
    #[serde(default)]
    body_stream: bool,
}

/// The request that a record has; `None` if the input is none.
///
/// # Errors
/// What the record lacks.
pub(crate) fn recorded(input: &Json) -> Option<Result<Request, String>> {
    let record: Recorded = serde_json::from_str(input.as_str()).ok()?;
    let mut request = Request::new(record.method, record.url);
    if request.split() != (record.path.as_str(), record.query.as_str()) {
        return None;
    }
    let mut headers = record.headers.iter();
    let hidden = headers.find(|(name, value)| is_secret(name) && *value == HIDDEN);
    if let Some((name, _)) = hidden {
        return Some(Err(format!("the value of its header {name}")));
    }
    if record.body_stream {
        return Some(Err("its body, which came in pieces".to_owned()));
    }
    request.headers = record.headers.into_iter().collect();
    request.client = record.client;
    request.body = match (record.body, record.body_base64) {
        (Some(text), _) => Body::Bytes(text.into()),
        (None, Some(base64)) => Body::Bytes(BASE64_STANDARD.decode(base64).ok()?.into()),
        (None, None) => Body::Empty,
    };
    Some(Ok(request))
}

impl Input {
    /// Writes a request.
    ///
    /// # Errors
    /// When it has no JSON form, which does not happen.
    pub(crate) fn of(request: &mut Request) -> Result<Self, serde_json::Error> {
        let (whole, stream) = match std::mem::replace(&mut request.body, Body::Empty) {
            Body::Empty => (None, None),
            Body::Bytes(bytes) if bytes.len() <= MAX_INLINE_BODY => (Some(bytes), None),
            Body::Bytes(bytes) => (None, Some(ByteStream::from(bytes))),
            Body::Stream(stream) => (None, Some(stream)),
        };
        let whole: Option<&Bytes> = whole.as_ref();
        let text = whole.and_then(|bytes| std::str::from_utf8(bytes).ok());
        let (path, query) = request.split();
        let mut input = Text {
            method: &request.method,
            url: &request.url,
            path,
            query,
            headers: Headers::of(request),
            params: Params(&request.params),
            client: request.client.map(|client| client.to_string()),
            body: text,
            body_base64: match (whole, text) {
                (Some(bytes), None) => Some(BASE64_STANDARD.encode(bytes).into()),
                _ => None,
            },
            body_stream: stream.is_some(),
        };
        let call = Json::trusted(serde_json::to_vec(&input)?);
        let has_secrets = input.headers.pairs.iter().any(|(name, _)| is_secret(name));
        let record = if has_secrets {
            input.headers.hides_secrets = true;
            Json::trusted(serde_json::to_vec(&input)?)
        } else {
            call.clone()
        };
        Ok(Self {
            call,
            record,
            body: stream,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn input(mut request: Request) -> (Value, Value, bool) {
        let input = Input::of(&mut request).unwrap();
        let read = |json: &Json| serde_json::from_str(json.as_str()).unwrap();
        (read(&input.call), read(&input.record), input.body.is_some())
    }

    #[test]
    fn a_call_gets_credentials_that_its_record_does_not_show() {
        let request = Request::new("POST", "https://a.example/x%20y?b=1#c")
            .header("authorization", "Bearer secret")
            .header("accept", "a")
            .header("accept", "b")
            .header("cookie", "c=1")
            .header("cookie", "d=2")
            .header("connection", "x-hop")
            .header("x-hop", "1")
            .body("ü");
        let (call, record, is_stream) = input(request);
        let headers = json!({
            "authorization": "Bearer secret", "accept": "a, b", "cookie": "c=1; d=2"
        });
        assert_eq!(
            call,
            json!({
                "method": "POST", "url": "https://a.example/x%20y?b=1#c", "path": "/x%20y",
                "query": "b=1", "headers": headers, "params": {}, "body": "ü"
            })
        );
        assert_eq!(record["headers"]["authorization"], HIDDEN);
        assert_eq!(record["headers"]["cookie"], HIDDEN);
        assert_eq!(record["headers"]["accept"], "a, b");
        assert!(!is_stream);
    }

    #[test]
    fn a_recorded_request_is_read_again_unless_a_part_of_it_is_not_recorded() {
        let again = |mut request: Request| {
            let first = Input::of(&mut request).unwrap();
            let read = recorded(&first.record).unwrap();
            read.map(|mut request| (first.call, Input::of(&mut request).unwrap().call))
        };
        let get = || Request::new("GET", "http://a.example/b%20?c=1").header("accept", "x");
        let mut of_client = get();
        of_client.client = Some([127, 0, 0, 1].into());
        for request in [
            get(),
            of_client,
            get().body("text"),
            get().body(&b"\xff"[..]),
        ] {
            let (first, second) = again(request).unwrap();
            assert_eq!(first.as_str(), second.as_str());
        }
        let secret = again(get().header("cookie", "c")).unwrap_err();
        assert!(secret.contains("cookie"), "{secret}");
        let long = again(get().body(vec![0; MAX_INLINE_BODY + 1])).unwrap_err();
        assert!(long.contains("body"), "{long}");
        for other in [
            "1",
            "{}",
            r#"{"method":"GET","url":"http://a/b","path":"/c","query":"","headers":{},"params":{}}"#,
        ] {
            assert!(recorded(&Json::parse(other.to_owned()).unwrap()).is_none());
        }
    }

    #[test]
    fn a_short_body_is_text_or_base64_and_a_long_one_a_stream() {
        let (call, _, _) = input(Request::new("POST", "http://a").body(&b"\xff\0"[..]));
        assert_eq!(call["bodyBase64"], "/wA=");
        assert_eq!((&call["path"], &call["query"]), (&json!("/"), &json!("")));
        let (call, _, is_stream) =
            input(Request::new("POST", "http://a?x").body(vec![b'x'; MAX_INLINE_BODY + 1]));
        assert_eq!(call["bodyStream"], true);
        assert!(is_stream && call.get("body").is_none());
        assert_eq!((&call["path"], &call["query"]), (&json!("/"), &json!("x")));
    }
}
