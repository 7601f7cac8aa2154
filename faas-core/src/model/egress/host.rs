//! Patterns of hosts.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::InvalidRules;

/// A host: `api.example.com`, `*.example.com` (all names below it, not itself), `*`, or an address
/// such as `192.0.2.1` or `[2001:db8::1]`. Names are in ASCII: write international ones in Punycode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Any,
    /// In lower case, without a dot at the end.
    Name(String),
    /// All names below this one.
    Below(String),
    Address(IpAddr),
}

impl HostPattern {
    /// The longest name, in characters.
    const MAX_LENGTH: usize = 253;

    /// The pattern `*`.
    pub const fn any() -> Self {
        Self(Kind::Any)
    }

    /// Whether the host of a URL matches. It must be as the URL standard serializes it; a dot at the
    /// end makes no difference.
    pub fn matches(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        match &self.0 {
            Kind::Any => true,
            Kind::Name(name) => name.eq_ignore_ascii_case(host),
            Kind::Below(parent) => {
                let split = host.len().checked_sub(parent.len() + 1);
                let below = split.filter(|first| *first > 0);
                below
                    .and_then(|first| host.get(first..))
                    .and_then(|end| end.strip_prefix('.'))
                    .is_some_and(|end| end.eq_ignore_ascii_case(parent))
            }
            Kind::Address(address) => parse_address(host).as_ref() == Some(address),
        }
    }
}

/// An address as it is in a URL: IPv6 in brackets.
fn parse_address(host: &str) -> Option<IpAddr> {
    let inside = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match inside {
        Some(inside) => inside.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

impl std::str::FromStr for HostPattern {
    type Err = InvalidRules;

    fn from_str(text: &str) -> Result<Self, InvalidRules> {
        let wrong = |why: &str| {
            let short: String = text.chars().take(64).collect();
            Err(InvalidRules(format!("invalid host {short:?}: {why}")))
        };
        if text == "*" {
            return Ok(Self(Kind::Any));
        }
        if let Some(address) = parse_address(text) {
            return Ok(Self(Kind::Address(address)));
        }
        if text.contains(['/', ':', '[', '@']) {
            return wrong("write the name only, without scheme, port and path");
        }
        if !text.is_ascii() {
            return wrong("write international names in Punycode (xn--…)");
        }
        let below = text.strip_prefix("*.");
        let name = below.unwrap_or(text);
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        if name.contains('*') {
            return wrong("'*' can only be the first label, as in *.example.com");
        }
        let is_label = |label: &str| {
            let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            (1..=63).contains(&label.len()) && label.bytes().all(is_known)
        };
        if name.len() > Self::MAX_LENGTH || !name.split('.').all(is_label) {
            return wrong("expected a name such as api.example.com, *.example.com or an address");
        }
        // A name with a number at its end is an IPv4 address to the URL standard.
        let last = name.rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") {
            return wrong("write an IPv4 address as four decimal numbers");
        }
        Ok(Self(if below.is_some() {
            Kind::Below(name)
        } else {
            Kind::Name(name)
        }))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Any => f.write_str("*"),
            Kind::Name(name) => f.write_str(name),
            Kind::Below(parent) => write!(f, "*.{parent}"),
            Kind::Address(IpAddr::V4(address)) => address.fmt(f),
            Kind::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl TryFrom<String> for HostPattern {
    type Error = InvalidRules;

    fn try_from(text: String) -> Result<Self, InvalidRules> {
        text.parse()
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}
