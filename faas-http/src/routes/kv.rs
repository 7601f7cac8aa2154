//! Keys and values of functions: listing, reading, writing and deleting them.

use std::time::Duration;

use axum::extract::{RawPathParams, Request, State};
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use faas_api as wire;
use faas_core::access::Permission::{Develop, Read};
use faas_core::kv::{Kv, KvError, KvOptions};
use faas_core::model::{AuditAction, Json, KvLimits, Namespace, Timestamp};
use faas_core::store::KvEntry;
use utoipa_axum::routes;

use crate::Api;
use crate::answer;
use crate::audit::actor;
use crate::body;
use crate::error::ApiError;
use crate::extract::{Params, parameter};
use crate::openapi::errors;
use crate::routing::{Needs, Routes};

/// The metadata of a value, as JSON in ASCII.
static METADATA: HeaderName = HeaderName::from_static("x-kv-metadata");
/// When a key stops to exist.
static EXPIRES_AT: HeaderName = HeaderName::from_static("x-kv-expires-at");

/// The longest time to live, in seconds.
const LONGEST_TTL: u32 = 3_153_600_000;

const DEFAULT_PAGE: u32 = 100;

/// The headers of answers that scripts of other origins may read.
pub(crate) fn exposed_headers() -> [HeaderName; 2] {
    [METADATA.clone(), EXPIRES_AT.clone()]
}

pub(crate) fn routes() -> Routes {
    Routes::default()
        .add(Needs::Key(Read), routes!(list))
        .add(Needs::Key(Develop), routes!(clear))
        .add(Needs::Key(Read), routes!(keys))
        .add(Needs::Key(Read), routes!(read))
        .add(Needs::Key(Develop), routes!(write, delete))
}

#[utoipa::path(get, path = "/api/kv", tag = "Keys and values", operation_id = "listNamespaces",
    summary = "The namespaces that have keys, by name.",
    params(
        ("limit" = Option<u32>, Query, description = "The most to return. Default: 100. A larger number counts as 1000.", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the previous page.")
    ),
    responses(
        (status = 200, description = "A page of namespaces.", body = wire::KvNamespacePage),
        errors::Invalid
    )
)]
async fn list(State(api): State<Api>, uri: Uri) -> Result<Response, ApiError> {
    let params = Params::of(&uri)?;
    let limit = page_limit(&params)?;
    let after = params.text("cursor")?.map(Namespace::named);
    let after = after
        .transpose()
        .map_err(|_| ApiError::invalid("invalid cursor"))?;
    let found = api.platform.kv_namespaces(after.as_ref(), limit).await?;
    answer::json(StatusCode::OK, &wire::KvNamespacePage::new(found, limit))
}

#[utoipa::path(delete, path = "/api/kv/{namespace}", tag = "Keys and values", operation_id = "deleteNamespace",
    summary = "Deletes all keys of a namespace. Keys that are written meanwhile may stay.",
    params(
        ("namespace" = String, Path, description = "The name of a shared namespace, or `function:ID` for a function's own one.")
    ),
    responses(
        (status = 200, description = "It has no keys any more.", body = wire::Message),
        errors::Invalid
    )
)]
async fn clear(
    State(api): State<Api>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, ApiError> {
    let by = actor(request.extensions());
    let kv = namespace(&api, &path)?;
    kv.clear().await.map_err(failed)?;
    let action = AuditAction::KvNamespaceDeleted;
    api.note(&by, action, kv.namespace()).await;
    answer::json(StatusCode::OK, &wire::Message::new("Namespace deleted"))
}

#[utoipa::path(get, path = "/api/kv/{namespace}/keys", tag = "Keys and values", operation_id = "listKeyNames",
    summary = "Keys in the order of their bytes, without their values. A page may have fewer than the limit, or none, although another one follows.",
    params(
        ("namespace" = String, Path, description = "The namespace."),
        ("prefix" = Option<String>, Query, description = "What the keys begin with."),
        ("limit" = Option<u32>, Query, description = "The most to return. Default: 100. A larger number counts as 1000.", minimum = 1, maximum = 1000),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the previous page.")
    ),
    responses(
        (status = 200, description = "A page of keys.", body = wire::KvKeyPage),
        errors::Invalid
    )
)]
async fn keys(State(api): State<Api>, path: RawPathParams, uri: Uri) -> Result<Response, ApiError> {
    let params = Params::of(&uri)?;
    let limit = page_limit(&params)?;
    let prefix = params.text("prefix")?.unwrap_or_default();
    let after = params.text("cursor")?.map(str::to_owned);
    let kv = namespace(&api, &path)?;
    let page = kv.list(prefix, after, limit).await.map_err(failed)?;
    answer::json(StatusCode::OK, &wire::KvKeyPage::from(page))
}

#[utoipa::path(get, path = "/api/kv/{namespace}/values/{key}", tag = "Keys and values", operation_id = "readValue",
    summary = "The value of a key, as it is: as text if it is UTF-8, or else as bytes.",
    params(
        ("namespace" = String, Path, description = "The namespace."),
        ("key" = String, Path, description = "The key. A slash in it is written as `%2F`.")
    ),
    responses(
        (status = 200, description = "The value.", content(
            (String = "text/plain"),
            (Vec<u8> = "application/octet-stream")
        ), headers(
            ("X-Kv-Metadata" = String, description = "The metadata as JSON in ASCII; missing if there is none."),
            ("X-Kv-Expires-At" = wire::Moment, description = "When the key stops to exist; missing: never.")
        )),
        errors::Invalid,
        errors::NoValue
    )
)]
async fn read(State(api): State<Api>, path: RawPathParams) -> Result<Response, ApiError> {
    let kv = namespace(&api, &path)?;
    let entry = kv.get(parameter(&path, "key")?).await.map_err(failed)?;
    let entry = entry.ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("the namespace {} has no such key", kv.namespace()),
        )
    })?;
    Ok(value(entry))
}

#[utoipa::path(put, path = "/api/kv/{namespace}/values/{key}", tag = "Keys and values", operation_id = "writeValue",
    summary = "Sets the value of a key. The body is the value, as it is.",
    request_body(
        content((Vec<u8> = "application/octet-stream"), (String = "text/plain")),
        description = "The value: at most 1 MiB, unless the server is configured otherwise."
    ),
    params(
        ("namespace" = String, Path, description = "The namespace."),
        ("key" = String, Path, description = "The key: 1 to 512 bytes of UTF-8. A slash in it is written as `%2F`."),
        ("ttl" = Option<u32>, Query, description = "After how many seconds the key stops to exist. Absent: never.", minimum = 1),
        ("metadata" = Option<String>, Query, description = "JSON that lists show: at most 1024 bytes.")
    ),
    responses(
        (status = 200, description = "The value is set.", body = wire::Message),
        errors::Invalid,
        (status = 409, description = "`conflict`: the namespace is full.", body = wire::ErrorBody),
        errors::TooLarge
    )
)]
async fn write(
    State(api): State<Api>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, stream) = request.into_parts();
    let by = actor(&parts.extensions);
    let kv = namespace(&api, &path)?;
    let key = parameter(&path, "key")?;
    let params = Params::of(&parts.uri)?;
    let mut options = KvOptions::default();
    let ttl = params.number("ttl", 1..=LONGEST_TTL, 0)?;
    if ttl > 0 {
        options = options.ttl(Duration::from_secs(ttl.into()));
    }
    if let Some(text) = params.text("metadata")? {
        let json = Json::parse(text.to_owned());
        options = options.metadata(
            json.map_err(|error| ApiError::invalid(format!("metadata is not JSON: {error}")))?,
        );
    }
    let limit = api.platform.options().kv_limits.max_value;
    let read = body::read_exact(&parts.headers, stream, limit);
    let value = tokio::time::timeout(api.options.request_timeout, read).await;
    let value = value.map_err(|_elapsed| ApiError::body_too_slow())??;
    kv.put(key, value, options).await.map_err(failed)?;
    let target = format!("{}/{key}", kv.namespace());
    api.note(&by, AuditAction::KvWritten, target).await;
    answer::json(StatusCode::OK, &wire::Message::new("Value stored"))
}

#[utoipa::path(delete, path = "/api/kv/{namespace}/values/{key}", tag = "Keys and values", operation_id = "deleteValue",
    summary = "Deletes a key. It may be there or not.",
    params(
        ("namespace" = String, Path, description = "The namespace."),
        ("key" = String, Path, description = "The key. A slash in it is written as `%2F`.")
    ),
    responses(
        (status = 200, description = "The key does not exist any more.", body = wire::Message),
        errors::Invalid
    )
)]
async fn delete(
    State(api): State<Api>,
    path: RawPathParams,
    request: Request,
) -> Result<Response, ApiError> {
    let by = actor(request.extensions());
    let kv = namespace(&api, &path)?;
    let key = parameter(&path, "key")?;
    kv.delete(key).await.map_err(failed)?;
    let target = format!("{}/{key}", kv.namespace());
    api.note(&by, AuditAction::KvDeleted, target).await;
    answer::json(StatusCode::OK, &wire::Message::new("Key deleted"))
}

fn page_limit(params: &Params) -> Result<usize, ApiError> {
    const MOST: u32 = KvLimits::MAX_PAGE as u32;
    Ok(params.number("limit", 1..=MOST, DEFAULT_PAGE)? as usize)
}

fn namespace(api: &Api, path: &RawPathParams) -> Result<Kv, ApiError> {
    Ok(api.platform.kv(parameter(path, "namespace")?)?)
}

fn failed(error: KvError) -> ApiError {
    ApiError::from(faas_core::Error::from(error))
}

fn value(entry: KvEntry) -> Response {
    let kind = if std::str::from_utf8(&entry.value).is_ok() {
        "text/plain; charset=utf-8"
    } else {
        "application/octet-stream"
    };
    let mut response = Response::new(entry.value.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // A value is nothing that a browser should run.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let metadata = entry.metadata.map(|json| ascii(json.as_str()));
    let expires_at = entry.expires_at.map(|at: Timestamp| at.to_string());
    for (name, text) in [(&METADATA, metadata), (&EXPIRES_AT, expires_at)] {
        if let Some(text) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(name.clone(), text);
        }
    }
    response
}

/// JSON whose other characters are written as escapes, for a header. White space between its parts
/// becomes spaces.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            ' '..='~' => text.push(c),
            c if c.is_ascii() => text.push(' '),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn metadata_in_a_header_is_the_same_json_in_ascii() {
        let json = "{\"a\":\n\"ü🔑\"}";
        assert_eq!(ascii(json), "{\"a\": \"\\u00fc\\ud83d\\udd11\"}");
        let read: serde_json::Value = serde_json::from_str(&ascii(json)).unwrap();
        assert_eq!(read, serde_json::json!({ "a": "ü🔑" }));
    }
}
