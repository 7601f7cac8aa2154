//! The OpenAPI schemas of HTTP settings, whose JSON the model has.

use utoipa::ToSchema;

/// Whether and how a function answers HTTP requests.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) struct HttpConfig {
    /// Whether it does. Absent: no.
    #[schema(nullable = false)]
    enabled: Option<bool>,
    /// Who may send requests. Absent: `key`.
    #[schema(nullable = false)]
    auth: Option<HttpAuth>,
    /// The methods that are accepted, in upper case. `GET` includes `HEAD`. Absent: all.
    #[schema(nullable = false, min_items = 1, max_items = 32)]
    methods: Option<Vec<String>>,
    /// The routes that are accepted: a path pattern, or a method, a space and a path pattern, such as
    /// `GET /orders/:id`. Patterns are those of the `URLPattern` standard, without look-around in
    /// regular expressions. The most specific route counts. Absent: all paths.
    #[schema(nullable = false, min_items = 1, max_items = 256)]
    routes: Option<Vec<String>>,
    /// What pages of other origins may do. Absent: nothing.
    #[schema(nullable = false)]
    cors: Option<HttpCors>,
    /// The largest body of a request, in bytes. Absent: the largest input of the server.
    #[schema(nullable = false, maximum = 1073741824)]
    max_body: Option<u64>,
    /// Milliseconds that an execution may run which a request started; at most the function's
    /// timeout. Absent: the function's timeout.
    #[schema(nullable = false, minimum = 1)]
    timeout: Option<u64>,
}

/// Who may send requests to a function.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) enum HttpAuth {
    /// Callers with an API key that may invoke functions, if the server requires keys.
    Key,
    /// Everybody.
    Public,
}

/// What pages of other origins may do with the responses of a function.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema matters")]
pub(crate) struct HttpCors {
    /// The origins, such as `https://example.com`; `*` for all.
    #[schema(min_items = 1, max_items = 64)]
    origins: Vec<String>,
    /// The methods that pages may use. Absent: those that the function accepts.
    #[schema(nullable = false, max_items = 64)]
    methods: Option<Vec<String>>,
    /// The headers that pages may send. Absent: those that they ask for.
    #[schema(nullable = false, max_items = 64)]
    headers: Option<Vec<String>>,
    /// The headers that pages may read besides the usual ones.
    #[schema(nullable = false, max_items = 64)]
    expose_headers: Option<Vec<String>>,
    /// Whether pages may send cookies. Absent: no.
    #[schema(nullable = false)]
    credentials: Option<bool>,
    /// How many seconds a browser may keep the answer to a preflight. Absent: 600.
    #[schema(nullable = false)]
    max_age: Option<u64>,
}
