//! The shape of the settings, their bounds, and which requests they accept.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{HttpCors, HttpRoute};

/// The longest method, in bytes.
const MAX_METHOD: usize = 32;

/// Whether and how a function answers HTTP requests. See the [module](super) for an example.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct HttpConfig {
    /// Whether the function answers HTTP requests.
    pub enabled: bool,
    /// Who may send them.
    pub auth: HttpAuth,
    methods: Option<Vec<String>>,
    routes: Option<Vec<HttpRoute>>,
    cors: Option<HttpCors>,
    max_body: Option<u64>,
    timeout: Option<Duration>,
}

/// Who may send requests to a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HttpAuth {
    /// Callers with an API key that may invoke functions, if the server requires keys.
    #[default]
    Key,
    /// Everybody.
    Public,
}

impl HttpAuth {
    /// Returns `key` or `public`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Public => "public",
        }
    }
}

/// Settings as they are read and written, before they are checked together.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unchecked {
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    auth: HttpAuth,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    methods: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    routes: Option<Vec<HttpRoute>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cors: Option<HttpCors>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_body: Option<u64>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout: Option<u64>,
}

impl TryFrom<Unchecked> for HttpConfig {
    type Error = InvalidHttp;

    fn try_from(read: Unchecked) -> Result<Self, InvalidHttp> {
        let mut config = Self {
            enabled: read.enabled,
            auth: read.auth,
            ..Self::default()
        };
        if let Some(methods) = read.methods {
            config = config.methods(methods)?;
        }
        if let Some(routes) = read.routes {
            config = config.routes(routes)?;
        }
        if let Some(bytes) = read.max_body {
            config = config.max_body(bytes)?;
        }
        if let Some(timeout) = read.timeout {
            config = config.timeout(Duration::from_millis(timeout))?;
        }
        config.cors = read.cors;
        Ok(config)
    }
}

impl From<HttpConfig> for Unchecked {
    fn from(config: HttpConfig) -> Self {
        let millis = |timeout: Duration| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        Self {
            enabled: config.enabled,
            auth: config.auth,
            methods: config.methods,
            routes: config.routes,
            cors: config.cors,
            max_body: config.max_body,
            timeout: config.timeout.map(millis),
        }
    }
}

/// Why settings are refused. The message names the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidHttp(pub(super) String);

pub(super) fn invalid<T>(text: impl Into<String>) -> Result<T, InvalidHttp> {
    Err(InvalidHttp(text.into()))
}

/// Which route a request has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routed {
    /// The function answers it. The names and values of the path's parameters; without routes there
    /// are none.
    Matched(Vec<(String, String)>),
    /// No route matches the path.
    NoRoute,
    /// The path matches, but the method is not accepted.
    WrongMethod {
        /// The methods that are, for the `Allow` header.
        allow: String,
    },
}

impl HttpConfig {
    /// The most methods.
    pub const MAX_METHODS: usize = 32;
    /// The most routes.
    pub const MAX_ROUTES: usize = 256;
    /// The largest limit of a request's body, in bytes.
    pub const MAX_BODY: u64 = 1 << 30;

    /// Settings of a function that answers requests.
    pub fn enabled() -> Self {
        Self {
            enabled: true,
            ..Self::default()
        }
    }

    /// Lets everybody send requests, without an API key.
    #[must_use]
    pub const fn public(mut self) -> Self {
        self.auth = HttpAuth::Public;
        self
    }

    /// Accepts these methods only. `GET` includes `HEAD`.
    ///
    /// # Errors
    /// If there are none or too many, or one is no method.
    pub fn methods<S: Into<String>>(
        mut self,
        methods: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidHttp> {
        let methods: Vec<String> = methods.into_iter().map(Into::into).collect();
        if methods.is_empty() {
            return invalid("http.methods is empty: leave it out to accept all");
        }
        let (count, most) = (methods.len(), Self::MAX_METHODS);
        if count > most {
            return invalid(format!(
                "http.methods has {count} entries: at most {most} are accepted"
            ));
        }
        for (place, method) in methods.iter().enumerate() {
            if !is_method(method) {
                return invalid(format!(
                    "http.methods[{place}] is not an HTTP method: use names such as GET, in upper \
                     case, of at most {MAX_METHOD} characters"
                ));
            }
            if methods.iter().take(place).any(|earlier| earlier == method) {
                return invalid(format!("http.methods has {method} twice"));
            }
        }
        self.methods = Some(methods);
        Ok(self)
    }

    /// Accepts requests that match one of these routes only.
    ///
    /// # Errors
    /// If there are none or too many, or two of them match the same requests.
    pub fn routes(
        mut self,
        routes: impl IntoIterator<Item = HttpRoute>,
    ) -> Result<Self, InvalidHttp> {
        let routes: Vec<HttpRoute> = routes.into_iter().collect();
        if routes.is_empty() {
            return invalid("http.routes is empty: leave it out to accept all paths");
        }
        let (count, most) = (routes.len(), Self::MAX_ROUTES);
        if count > most {
            return invalid(format!(
                "http.routes has {count} entries: at most {most} are accepted"
            ));
        }
        for (place, route) in routes.iter().enumerate() {
            let earlier = routes.iter().take(place);
            if let Some(conflict) = earlier.into_iter().find(|one| one.conflicts_with(route)) {
                return invalid(format!(
                    "http.routes[{place}] {route} conflicts with {conflict}: both match the same \
                     requests"
                ));
            }
        }
        self.routes = Some(routes);
        Ok(self)
    }

    /// Lets pages of other origins read responses.
    #[must_use]
    pub fn cors(mut self, cors: HttpCors) -> Self {
        self.cors = Some(cors);
        self
    }

    /// Limits the bodies of requests, in bytes.
    ///
    /// # Errors
    /// If it is more than [`Self::MAX_BODY`].
    pub fn max_body(mut self, bytes: u64) -> Result<Self, InvalidHttp> {
        let most = Self::MAX_BODY;
        if bytes > most {
            return invalid(format!(
                "http.maxBody is {bytes} bytes: at most {most} are accepted"
            ));
        }
        self.max_body = Some(bytes);
        Ok(self)
    }

    /// Limits the time of executions that requests start.
    ///
    /// # Errors
    /// If it is less than 1 ms.
    pub fn timeout(mut self, timeout: Duration) -> Result<Self, InvalidHttp> {
        if timeout < Duration::from_millis(1) {
            return invalid("http.timeout is 0 ms: expected at least 1 ms");
        }
        self.timeout = Some(timeout);
        Ok(self)
    }

    /// The methods that are accepted; `None`: all.
    pub fn accepted_methods(&self) -> Option<&[String]> {
        self.methods.as_deref()
    }

    /// The routes; `None`: all paths are accepted.
    pub fn accepted_routes(&self) -> Option<&[HttpRoute]> {
        self.routes.as_deref()
    }

    /// What browsers may do; `None`: nothing from pages of other origins.
    pub const fn cors_settings(&self) -> Option<&HttpCors> {
        self.cors.as_ref()
    }

    /// The largest body of a request, in bytes; `None`: the server's default.
    pub const fn body_limit(&self) -> Option<u64> {
        self.max_body
    }

    /// The time limit of executions that requests start; `None`: the function's.
    pub const fn time_limit(&self) -> Option<Duration> {
        self.timeout
    }

    /// Finds the route of a request. `path` begins with a slash and is percent-encoded. Of several
    /// routes that match, the most specific one counts, segment by segment: text before regular
    /// expressions and other groups, before parameters, before the rest of a path. Of those that are
    /// equal in this, the first one counts.
    pub fn route(&self, method: &str, path: &str) -> Routed {
        let is_accepted = |methods: &[String]| methods.iter().any(|one| accepts(one, method));
        if let Some(methods) = self.accepted_methods()
            && !is_accepted(methods)
        {
            return Routed::WrongMethod {
                allow: allow(methods.iter().map(String::as_str)),
            };
        }
        let Some(routes) = &self.routes else {
            return Routed::Matched(Vec::new());
        };
        let mut best: Option<(&HttpRoute, Vec<(String, String)>)> = None;
        let mut others = Vec::new();
        for route in routes {
            let Some(params) = route.pattern().matches(path) else {
                continue;
            };
            match route.method() {
                Some(only) if !accepts(only, method) => others.push(only),
                _ if best.as_ref().is_none_or(|(best, _)| route.is_before(best)) => {
                    best = Some((route, params));
                }
                _ => {}
            }
        }
        match best {
            Some((_, params)) => Routed::Matched(params),
            None if others.is_empty() => Routed::NoRoute,
            None => Routed::WrongMethod {
                allow: allow(others.into_iter()),
            },
        }
    }
}

/// Whether a setting for `listed` accepts requests with `method`.
fn accepts(listed: &str, method: &str) -> bool {
    listed == method || (listed == "GET" && method == "HEAD")
}

/// The value of the `Allow` header.
fn allow<'a>(methods: impl Iterator<Item = &'a str>) -> String {
    let mut all: Vec<&str> = Vec::new();
    for method in methods {
        let with_head = [Some(method), (method == "GET").then_some("HEAD")];
        for method in with_head.into_iter().flatten() {
            if !all.contains(&method) {
                all.push(method);
            }
        }
    }
    all.join(", ")
}

/// Whether a text is a method: a token (RFC 9110 §5.6.2) without lower-case letters.
pub(super) fn is_method(text: &str) -> bool {
    let is_token = |byte: u8| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
    };
    (1..=MAX_METHOD).contains(&text.len()) && text.bytes().all(is_token)
}
