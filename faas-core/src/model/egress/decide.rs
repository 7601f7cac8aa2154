//! How the rules decide on a request.

use std::fmt;

use super::path::Readings;
use super::{EgressRules, HeaderTemplate, HostPattern, PathPattern};

/// What rules decide on: one request, or one redirect. All parts come from a parsed URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// Whether the scheme is `https`; otherwise it is `http`.
    pub is_https: bool,
    /// The host as the URL standard serializes it: IPv6 addresses in brackets.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// The method.
    pub method: &'a str,
    /// The path, without the query.
    pub path: &'a str,
}

/// Which rule of the function refuses a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleRefusal {
    /// An entry of `deny` matches.
    Denied {
        /// Its index.
        index: usize,
        /// Its host.
        host: String,
    },
    /// No entry of `allow` matches.
    NotAllowed {
        /// The first entry that allows the host, and what else differs.
        nearest: Option<(usize, &'static str)>,
    },
}

impl fmt::Display for RuleRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied { index, host } => {
                write!(f, "egress.deny[{index}] (host {host}) matches")
            }
            Self::NotAllowed { nearest: None } => {
                f.write_str("no entry of egress.allow has this host")
            }
            Self::NotAllowed {
                nearest: Some((index, what)),
            } => write!(
                f,
                "no entry of egress.allow matches: egress.allow[{index}] allows {what}"
            ),
        }
    }
}

impl EgressRules {
    /// Decides on a request. Returns the headers that the broker must set: those of all entries of
    /// `allow` that match; where two name the same header, the later one is last.
    ///
    /// # Errors
    /// [`RuleRefusal`] if the rules refuse it.
    pub fn decide(&self, target: &Target<'_>) -> Result<Vec<(&str, &HeaderTemplate)>, RuleRefusal> {
        let path = Readings::of(target.path);
        let denied = self.deny().iter().enumerate().find(|(_, rule)| {
            let paths = rule.paths.as_deref();
            differs(
                target,
                &rule.host,
                rule.ports.as_deref(),
                rule.methods.as_deref(),
            )
            .is_none()
                && paths.is_none_or(|all| all.iter().any(|one| one.matches_any(&path)))
        });
        if let Some((index, rule)) = denied {
            let host = rule.host.to_string();
            return Err(RuleRefusal::Denied { index, host });
        }
        let Some(allow) = self.allow() else {
            return Ok(Vec::new());
        };
        let mut headers = Vec::new();
        let (mut is_allowed, mut nearest) = (false, None);
        for (index, rule) in allow.iter().enumerate() {
            let (ports, methods) = (rule.ports.as_deref(), rule.methods.as_deref());
            let difference = differs(target, &rule.host, ports, methods).or_else(|| {
                let is_listed = |all: &[PathPattern]| all.iter().any(|one| one.matches_all(&path));
                if !rule.paths.as_deref().is_none_or(is_listed) {
                    Some("other paths")
                } else if !rule.headers.is_empty() && !target.is_https {
                    Some("https: only, because it has headers")
                } else {
                    None
                }
            });
            match difference {
                None => {
                    is_allowed = true;
                    let set = rule.headers.iter();
                    headers.extend(set.map(|(name, value)| (name.as_str(), value)));
                }
                Some(what) if what != OTHER_HOST => {
                    nearest.get_or_insert((index, what));
                }
                Some(_) => {}
            }
        }
        if is_allowed {
            Ok(headers)
        } else {
            Err(RuleRefusal::NotAllowed { nearest })
        }
    }
}

const OTHER_HOST: &str = "other hosts";

/// What an entry has that the target has not, besides its path.
fn differs(
    target: &Target<'_>,
    host: &HostPattern,
    ports: Option<&[u16]>,
    methods: Option<&[String]>,
) -> Option<&'static str> {
    let is_method = |method: &String| method.eq_ignore_ascii_case(target.method);
    if !host.matches(target.host) {
        Some(OTHER_HOST)
    } else if ports.is_some_and(|ports| !ports.contains(&target.port)) {
        Some("other ports")
    } else if methods.is_some_and(|methods| !methods.iter().any(is_method)) {
        Some("other methods")
    } else {
        None
    }
}
