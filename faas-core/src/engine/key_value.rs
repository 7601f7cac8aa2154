//! The host calls of a namespace binding: frames of the isolate become operations on a [`Kv`].
//!
//! A frame is the length of its head in 4 bytes, little-endian, the head as JSON, and values one after
//! the other, whose lengths are in the head. `web/kv.js` has the other side.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::host_calls::HostCalls;
use crate::kv::{Kv, KvError, KvOptions};
use crate::model::{Json, KvLimits, KvUsage, Timestamp};
use crate::runtime::{BindingNames, HostError};
use crate::store::KvEntry;

/// What the name of a namespace binding begins with. No binding of a host can have such a name.
pub(super) const PREFIX: &str = "#kv:";
/// The functions of the binding. `web/kv.js` names them by their places.
const FUNCTIONS: [&str; 6] = ["get", "put", "delete", "list", "getAndSet", "compareAndSet"];
/// The most keys that one call reads.
const MOST_KEYS: usize = 100;
/// The most bytes of values that one call reads, unless it reads one value.
const MOST_BYTES: usize = 16 << 20;
/// What a frame has besides values, at most: a hundred keys that JSON makes longer, and metadata.
const AROUND: usize = 512 << 10;

/// The bindings of a function's namespaces.
pub(super) fn names(namespaces: &[(Arc<str>, Kv)]) -> impl Iterator<Item = BindingNames> {
    namespaces.iter().map(|(name, _)| BindingNames {
        name: format!("{PREFIX}{name}").into(),
        functions: FUNCTIONS.iter().map(|name| Arc::from(*name)).collect(),
    })
}

/// The most bytes of a frame of code: two values and a head.
pub(super) const fn longest_frame(limits: &KvLimits) -> usize {
    AROUND.saturating_add(limits.max_value.saturating_mul(2))
}

/// Checks the length of a frame of code.
///
/// # Errors
/// When it is longer than the limits of values allow.
pub(super) fn check_frame(limits: &KvLimits, bytes: usize) -> Result<(), HostError> {
    if bytes > longest_frame(limits) {
        return Err(refused(KvError::ValueTooLarge(format!(
            "the value has {bytes} bytes with its key: at most {} are accepted",
            limits.max_value
        ))));
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    #[serde(default)]
    keys: Vec<String>,
    /// The length of the value.
    #[serde(default)]
    value: Option<usize>,
    /// The length of the expected value, which follows the value.
    #[serde(default)]
    expected: Option<usize>,
    /// Seconds.
    #[serde(default)]
    ttl: Option<f64>,
    /// Seconds since 1970.
    #[serde(default)]
    expiration: Option<f64>,
    /// JSON as text.
    #[serde(default)]
    metadata: Option<String>,
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    limit: Option<f64>,
}

impl Head {
    fn key(&self) -> Result<&str, HostError> {
        let key = self.keys.first().map(String::as_str);
        key.ok_or_else(|| invalid("there is no key"))
    }

    fn options(&self) -> Result<KvOptions, HostError> {
        const LONGEST: f64 = 1e11;
        let is_wrong = |seconds: f64| !(seconds > 0.0 && seconds < LONGEST);
        let mut options = KvOptions::default();
        match (self.ttl, self.expiration) {
            (Some(_), Some(_)) => {
                return Err(invalid("give either a ttl or an expiration, not both"));
            }
            (Some(ttl), None) if is_wrong(ttl) => {
                return Err(invalid(
                    "expirationTtl must be a positive number of seconds",
                ));
            }
            (None, Some(at)) if is_wrong(at) => {
                return Err(invalid("expiration must be a number of seconds since 1970"));
            }
            (Some(ttl), None) => options = options.ttl(Duration::from_secs_f64(ttl)),
            (None, Some(at)) => {
                let since = Duration::from_secs_f64(at);
                options = options.expires_at(Timestamp::from_micros(0) + since);
            }
            (None, None) => {}
        }
        if let Some(text) = &self.metadata {
            // Before it is parsed: nothing that is long is read.
            if text.len() > KvLimits::MAX_METADATA {
                return Err(refused(KvError::MetadataTooLarge(format!(
                    "the metadata has {} bytes of JSON: at most {} are accepted",
                    text.len(),
                    KvLimits::MAX_METADATA
                ))));
            }
            let json =
                Json::parse(text.clone()).map_err(|_| invalid("the metadata is not JSON"))?;
            options = options.metadata(json);
        }
        Ok(options)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryHead<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// The length of the value; `None` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<usize>,
    /// JSON as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a str>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<i64>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct AnswerHead<'a> {
    entries: Vec<EntryHead<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_set: Option<bool>,
}

/// Carries out a call and counts its operations among those of the attempt. The answer is a frame.
pub(super) async fn call(
    kv: &Kv,
    calls: &HostCalls,
    function: &str,
    frame: Bytes,
) -> Result<Bytes, HostError> {
    let (head, values) = read(frame)?;
    let operations = operations(function, &head);
    calls.add_kv(&operations);
    let answer = carry_out(kv, function, head, values).await;
    if answer.is_err() {
        calls.take_back_kv(&operations);
    }
    answer
}

/// What a call is billed for if it succeeds.
fn operations(function: &str, head: &Head) -> KvUsage {
    let mut operations = KvUsage::default();
    match function {
        "get" => operations.reads = head.keys.len() as u64,
        "list" => operations.lists = 1,
        _ => operations.writes = 1,
    }
    operations
}

async fn carry_out(
    kv: &Kv,
    function: &str,
    head: Head,
    mut values: Bytes,
) -> Result<Bytes, HostError> {
    let value = take(&mut values, head.value)?;
    let expected = take(&mut values, head.expected)?;
    match function {
        "get" => get(kv, &head.keys).await,
        "put" => {
            let value = value.ok_or_else(|| invalid("there is no value"))?;
            let put = kv.put(head.key()?, value, head.options()?);
            put.await.map_err(refused)?;
            answer(&AnswerHead::default(), &[])
        }
        "delete" => {
            kv.delete(head.key()?).await.map_err(refused)?;
            answer(&AnswerHead::default(), &[])
        }
        "list" => list(kv, &head).await,
        "getAndSet" => {
            let value = value.ok_or_else(|| invalid("there is no value"))?;
            let set = kv.get_and_set(head.key()?, value, head.options()?);
            let previous = set.await.map_err(refused)?;
            entries(&[previous])
        }
        "compareAndSet" => {
            let key = head.key()?;
            let is_set = match (expected, value) {
                (expected, Some(value)) => {
                    let set = kv.compare_and_set(key, expected, value, head.options()?);
                    set.await.map_err(refused)?
                }
                (Some(expected), None) => {
                    let delete = kv.compare_and_delete(key, expected);
                    delete.await.map_err(refused)?
                }
                (None, None) => {
                    return Err(invalid(
                        "the expected and the new value are both null: nothing would change",
                    ));
                }
            };
            let head = AnswerHead {
                is_set: Some(is_set),
                ..AnswerHead::default()
            };
            answer(&head, &[])
        }
        _ => Err(HostError::new(
            "ERR_UNKNOWN_HOST_FUNCTION",
            "a namespace has no such function",
        )),
    }
}

async fn get(kv: &Kv, keys: &[String]) -> Result<Bytes, HostError> {
    if keys.is_empty() || keys.len() > MOST_KEYS {
        let count = keys.len();
        return Err(invalid(format!(
            "get was called with {count} keys: expected 1 to {MOST_KEYS}"
        )));
    }
    let (mut found, mut bytes) = (Vec::with_capacity(keys.len()), 0);
    for key in keys {
        let entry = kv.get(key).await.map_err(refused)?;
        bytes += entry.as_ref().map_or(0, |entry| entry.value.len());
        if bytes > MOST_BYTES && keys.len() > 1 {
            return Err(refused(KvError::ValueTooLarge(format!(
                "the values have more than {MOST_BYTES} bytes together: read fewer keys at a time"
            ))));
        }
        found.push(entry);
    }
    entries(&found)
}

async fn list(kv: &Kv, head: &Head) -> Result<Bytes, HostError> {
    let limit = head.limit.unwrap_or(KvLimits::MAX_PAGE as f64);
    // What is no whole number is out of range.
    let limit = if limit.fract() == 0.0 && (1.0..=1e9).contains(&limit) {
        limit as usize
    } else {
        0
    };
    let listed = kv.list(&head.prefix, head.cursor.clone(), limit);
    let page = listed.await.map_err(refused)?;
    let entries = page.keys.iter().map(|key| EntryHead {
        name: Some(&key.name),
        value: None,
        metadata: key.metadata.as_ref().map(Json::as_str),
        expiration: key.expires_at.map(seconds),
    });
    let head = AnswerHead {
        entries: entries.collect(),
        cursor: page.next.as_deref(),
        is_set: None,
    };
    answer(&head, &[])
}

fn seconds(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

fn entries(found: &[Option<KvEntry>]) -> Result<Bytes, HostError> {
    let heads = found.iter().map(|entry| {
        let entry = entry.as_ref();
        let metadata = entry.and_then(|entry| entry.metadata.as_ref());
        EntryHead {
            name: None,
            value: entry.map(|entry| entry.value.len()),
            metadata: metadata.map(Json::as_str),
            expiration: None,
        }
    });
    let head = AnswerHead {
        entries: heads.collect(),
        ..AnswerHead::default()
    };
    let values = found.iter().flatten().map(|entry| &entry.value);
    answer(&head, &values.collect::<Vec<_>>())
}

fn answer(head: &AnswerHead<'_>, values: &[&Bytes]) -> Result<Bytes, HostError> {
    let head = serde_json::to_vec(head).map_err(|_| invalid("the answer has no JSON form"))?;
    let length = values.iter().map(|value| value.len()).sum::<usize>();
    let mut frame = BytesMut::with_capacity(4 + head.len() + length);
    frame.put_u32_le(u32::try_from(head.len()).unwrap_or(u32::MAX));
    frame.extend_from_slice(&head);
    for value in values {
        frame.extend_from_slice(value);
    }
    Ok(frame.freeze())
}

fn read(mut frame: Bytes) -> Result<(Head, Bytes), HostError> {
    let short = || invalid("the frame ends early");
    let length = *frame.first_chunk().ok_or_else(short)?;
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(|_| short())?;
    drop(frame.split_to(4));
    if length > frame.len() {
        return Err(short());
    }
    let head = frame.split_to(length);
    let head = serde_json::from_slice(&head)
        .map_err(|error| invalid(format!("the arguments are not as expected: {error}")))?;
    Ok((head, frame))
}

fn take(values: &mut Bytes, length: Option<usize>) -> Result<Option<Bytes>, HostError> {
    let Some(length) = length else {
        return Ok(None);
    };
    if length > values.len() {
        return Err(invalid("the frame ends early"));
    }
    Ok(Some(values.split_to(length)))
}

fn invalid(text: impl Into<String>) -> HostError {
    HostError::new("ERR_INVALID_ARGUMENT", text)
}

fn refused(error: KvError) -> HostError {
    let code = error.code();
    // What the store says is not for user code.
    let text = match error {
        KvError::Store(error) => {
            tracing::error!(%error, "keys and values are not available");
            "the store is not available".to_owned()
        }
        other => other.to_string(),
    };
    HostError::new(code, text)
}
