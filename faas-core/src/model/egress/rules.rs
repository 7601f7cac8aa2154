//! The shape of the rules, and their bounds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{HeaderTemplate, HostPattern, PathPattern, is_broker_header, is_header_name};

/// The longest method, in bytes.
const MAX_METHOD: usize = 32;

/// Which requests a function may make. See the [module](super) for an example.
///
/// A request must match no entry of `deny`. If there is an `allow`, it must match one of its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct EgressRules {
    #[serde(skip_serializing_if = "Option::is_none")]
    allow: Option<Vec<AllowRule>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deny: Vec<DenyRule>,
}

/// Requests that a function may make, and the headers that the broker adds to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllowRule {
    /// The host.
    pub host: HostPattern,
    /// The ports; `None`: all that the server allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<u16>>,
    /// The methods; `None`: all. Upper and lower case are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<String>>,
    /// The paths; `None`: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<PathPattern>>,
    /// Headers that the broker sets, by lower-case name. An entry with headers matches `https:`
    /// requests only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, HeaderTemplate>,
}

/// Requests that a function must not make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DenyRule {
    /// The host.
    pub host: HostPattern,
    /// The ports; `None`: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<u16>>,
    /// The methods; `None`: all. Upper and lower case are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<String>>,
    /// The paths; `None`: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<PathPattern>>,
}

/// Rules as they are read, before they are checked together.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unchecked {
    allow: Option<Vec<AllowRule>>,
    #[serde(default)]
    deny: Vec<DenyRule>,
}

impl TryFrom<Unchecked> for EgressRules {
    type Error = InvalidRules;

    fn try_from(rules: Unchecked) -> Result<Self, InvalidRules> {
        Self::new(rules.allow, rules.deny)
    }
}

/// Why rules are refused. The message names the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRules(pub(super) String);

impl EgressRules {
    /// The most entries in `allow`, and in `deny`.
    pub const MAX_ENTRIES: usize = 64;
    /// The most ports, methods, paths or headers of an entry.
    pub const MAX_LISTED: usize = 32;

    /// Creates rules. `allow: None` allows everything that the server allows, an empty list nothing.
    ///
    /// # Errors
    /// If there are too many entries, or an entry is wrong.
    pub fn new(allow: Option<Vec<AllowRule>>, deny: Vec<DenyRule>) -> Result<Self, InvalidRules> {
        let rules = Self { allow, deny };
        check_count("egress.allow", rules.allow().map_or(0, <[_]>::len))?;
        check_count("egress.deny", rules.deny.len())?;
        for (index, rule) in rules.allow().unwrap_or_default().iter().enumerate() {
            let at = format!("egress.allow[{index}]");
            check_lists(&at, rule.ports.as_deref(), rule.methods.as_deref())?;
            check_listed(&format!("{at}.paths"), rule.paths.as_ref().map(Vec::len))?;
            check_headers(&at, rule)?;
        }
        for (index, rule) in rules.deny.iter().enumerate() {
            let at = format!("egress.deny[{index}]");
            check_lists(&at, rule.ports.as_deref(), rule.methods.as_deref())?;
            check_listed(&format!("{at}.paths"), rule.paths.as_ref().map(Vec::len))?;
        }
        Ok(rules)
    }

    /// Rules that allow no request.
    pub fn nothing() -> Self {
        Self {
            allow: Some(Vec::new()),
            deny: Vec::new(),
        }
    }

    /// The requests that are allowed; `None`: all that the server allows.
    pub fn allow(&self) -> Option<&[AllowRule]> {
        self.allow.as_deref()
    }

    /// The requests that are refused.
    pub fn deny(&self) -> &[DenyRule] {
        &self.deny
    }

    /// The names of the secrets that the broker fills into headers. A name can come several times.
    pub fn secret_names(&self) -> impl Iterator<Item = &str> {
        let rules = self.allow().unwrap_or_default().iter();
        rules.flat_map(|rule| rule.headers.values().flat_map(HeaderTemplate::secrets))
    }
}

fn check_count(at: &str, count: usize) -> Result<(), InvalidRules> {
    let most = EgressRules::MAX_ENTRIES;
    if count > most {
        let text = format!("{at} has {count} entries: at most {most} are accepted");
        return Err(InvalidRules(text));
    }
    Ok(())
}

/// A list that is there must have entries: an empty one would match nothing.
fn check_listed(at: &str, count: Option<usize>) -> Result<(), InvalidRules> {
    let most = EgressRules::MAX_LISTED;
    match count {
        Some(0) => Err(InvalidRules(format!(
            "{at} is empty: leave it out to match all"
        ))),
        Some(count) if count > most => Err(InvalidRules(format!(
            "{at} has {count} entries: at most {most} are accepted"
        ))),
        _ => Ok(()),
    }
}

fn check_lists(
    at: &str,
    ports: Option<&[u16]>,
    methods: Option<&[String]>,
) -> Result<(), InvalidRules> {
    check_listed(&format!("{at}.ports"), ports.map(<[_]>::len))?;
    check_listed(&format!("{at}.methods"), methods.map(<[_]>::len))?;
    if ports.is_some_and(|ports| ports.contains(&0)) {
        return Err(InvalidRules(format!(
            "{at}.ports contains 0: use 1 to 65535"
        )));
    }
    let wrong = methods
        .unwrap_or_default()
        .iter()
        .find(|method| method.len() > MAX_METHOD || !is_header_name(method));
    match wrong {
        Some(_) => Err(InvalidRules(format!(
            "{at}.methods contains an invalid HTTP method: use names such as GET, of at most \
             {MAX_METHOD} characters"
        ))),
        None => Ok(()),
    }
}

fn check_headers(at: &str, rule: &AllowRule) -> Result<(), InvalidRules> {
    let headers = &rule.headers;
    if headers.len() > EgressRules::MAX_LISTED {
        check_listed(&format!("{at}.headers"), Some(headers.len()))?;
    }
    if !headers.is_empty() && rule.host == HostPattern::any() {
        return Err(InvalidRules(format!(
            "{at}.headers would be sent to every host: name the host"
        )));
    }
    for name in headers.keys() {
        let wrong = if !is_header_name(name) || name.len() > HeaderTemplate::MAX_LENGTH {
            "is not a valid header name"
        } else if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            "must be in lower case"
        } else if is_broker_header(name) {
            "is set by the server: remove it"
        } else {
            continue;
        };
        let name: String = name.chars().take(64).collect();
        return Err(InvalidRules(format!("{at}.headers: {name:?} {wrong}")));
    }
    Ok(())
}
