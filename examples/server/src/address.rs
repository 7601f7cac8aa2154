//! Where to listen.

use std::fmt;
use std::str::FromStr;

/// A host name or address, and a port; port 0 is any that is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Default for Address {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 5000,
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || format!("expected HOST:PORT such as 127.0.0.1:5000 or 0.0.0.0:80, not {text:?}");
        let (host, port) = text.rsplit_once(':').ok_or_else(expected)?;
        let bare = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or_else(expected)?,
            None if host.contains(':') => return Err(expected()),
            None => host,
        };
        if bare.is_empty() || bare.contains(char::is_whitespace) {
            return Err(expected());
        }
        Ok(Self {
            host: bare.to_owned(),
            port: parse_port(port).map_err(|_| expected())?,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Reads a port.
///
/// # Errors
/// Says what was expected.
pub(crate) fn parse_port(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|_| digits)
        .ok_or_else(|| format!("expected a port from 0 to 65535, not {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_it_is_written() {
        for text in [
            "127.0.0.1:5000",
            "0.0.0.0:80",
            "localhost:0",
            "[::1]:5000",
            "faas.example:65535",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!(Address::default().to_string(), "127.0.0.1:5000");
    }

    #[test]
    fn what_is_no_address_is_refused_with_an_example() {
        for bad in [
            "",
            "5000",
            ":5000",
            "localhost",
            "host:",
            "host:65536",
            "host:+1",
            "::1:5000",
            "[::1:5000",
            "a b:1",
        ] {
            let error = bad.parse::<Address>().unwrap_err();
            assert!(error.contains("127.0.0.1:5000"), "{bad}: {error}");
        }
    }
}
