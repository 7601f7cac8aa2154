//! The URI of a MongoDB database, which may contain a password.

use std::fmt;
use std::str::FromStr;

/// `mongodb://[user:password@]host[:port][,host…][/database][?option=value&…]`.
///
/// Displayed without user, password and options. A URI in which these cannot be recognized is
/// refused.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MongoUri {
    whole: String,
    /// Hosts and database.
    shown: String,
}

/// The options of a connection with full durability.
const JOURNALED: [(&str, &str); 2] = [("w", "majority"), ("journal", "true")];

impl MongoUri {
    /// With the password, for the driver.
    pub(crate) fn expose(&self) -> &str {
        &self.whole
    }

    /// The URI with writes acknowledged after most servers have journaled them, unless it sets this
    /// itself.
    pub(crate) fn journaled(&self) -> Self {
        let (place, options) = self.whole.split_once('?').unwrap_or((&self.whole, ""));
        let mut options: Vec<_> = options.split('&').filter(|one| !one.is_empty()).collect();
        let added = JOURNALED.map(|(name, value)| (name, format!("{name}={value}")));
        for (name, option) in &added {
            let is_it = |given: &&str| {
                let given = given.split('=').next().unwrap_or_default();
                given.eq_ignore_ascii_case(name)
            };
            if !options.iter().any(is_it) {
                options.push(option);
            }
        }
        // Options follow a path, which may be empty.
        let has_path = place
            .strip_prefix("mongodb://")
            .is_some_and(|place| place.contains('/'));
        let path = if has_path { "" } else { "/" };
        Self {
            whole: format!("{place}{path}?{}", options.join("&")),
            shown: self.shown.clone(),
        }
    }
}

impl FromStr for MongoUri {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected mongodb://[USER:PASSWORD@]HOST[:PORT][,HOST…][/DATABASE][?OPTION=VALUE&…] such as mongodb://localhost:27017/s3-compute";
        if text.starts_with("mongodb+srv:") {
            return Err(
                "mongodb+srv is not supported, because it needs a DNS lookup: name the hosts, as in mongodb://HOST1,HOST2/DATABASE?replicaSet=NAME&tls=true (hosted databases show this as the connection string for older drivers)"
                    .to_owned(),
            );
        }
        let rest = text.strip_prefix("mongodb://").ok_or(EXPECTED)?;
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        // This may be a password that contains a question mark.
        if options.contains('@') {
            return Err(format!(
                "{EXPECTED}, with %3F for each ? in user or password and %40 for each @ in an option"
            ));
        }
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        let hosts = place.split('/').next().unwrap_or_default();
        if !hosts.split(',').all(is_host) {
            return Err(EXPECTED.to_owned());
        }
        Ok(Self {
            whole: text.to_owned(),
            shown: format!("mongodb://{}", place.trim_end_matches('/')),
        })
    }
}

/// Whether the text is a host with or without a port, and not `user:password`.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, port.strip_prefix(':').or(Some(""))),
            None => return false,
        },
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let is_name = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control());
    is_name && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0))
}

/// Without user, password and options.
impl fmt::Display for MongoUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The same as its display.
impl fmt::Debug for MongoUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MongoUri({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> MongoUri {
        text.parse().unwrap()
    }

    #[test]
    fn hosts_and_database_are_shown_and_nothing_else() {
        for (text, shown) in [
            ("mongodb://db", "mongodb://db"),
            ("mongodb://db/", "mongodb://db"),
            ("mongodb://db:1,[::1]:2/faas", "mongodb://db:1,[::1]:2/faas"),
            ("mongodb://me:s3cr3t@db/faas?w=s3cr3t", "mongodb://db/faas"),
            ("mongodb://me:s3c/r@3t@db:9/faas", "mongodb://db:9/faas"),
            ("mongodb://s3cr3t@[::1]?tls=true", "mongodb://[::1]"),
        ] {
            let uri = read(text);
            assert_eq!(uri.to_string(), shown);
            assert_eq!(format!("{uri:?}"), format!("MongoUri({shown})"));
            assert_eq!(uri.expose(), text);
        }
    }

    #[test]
    fn what_cannot_be_shown_without_the_password_is_refused_without_it() {
        for text in [
            "mongodb:me:s3cr3t@db",
            "mongodb:/me:s3cr3t@db",
            "mongodb://",
            "mongodb://me:s3cr3t",
            "mongodb://me:s3cr3t/faas",
            "mongodb://me:s3cr3t@",
            "mongodb://me:s3cr3t@:1",
            "mongodb://me:s3cr3t@db:0/faas",
            "mongodb://me:1?s3cr3t@db/faas",
            "mongodb://me:s3cr3t@[::1/faas",
            "mongodb://me:s3cr3t@[::1]x/faas",
            "mongodb+srv://me:s3cr3t@db/faas",
        ] {
            let error = text.parse::<MongoUri>().unwrap_err();
            assert!(error.contains("mongodb://"), "{text}: {error}");
            assert!(!error.contains("s3cr3t"), "{text}: {error}");
        }
    }

    #[test]
    fn a_name_to_be_looked_up_is_refused_with_what_to_do() {
        let error = "mongodb+srv://db/faas".parse::<MongoUri>().unwrap_err();
        assert!(error.contains("name the hosts"), "{error}");
    }

    #[test]
    fn full_durability_waits_for_the_disks_unless_the_uri_says_otherwise() {
        for (text, journaled) in [
            ("mongodb://h", "mongodb://h/?w=majority&journal=true"),
            ("mongodb://h/d?", "mongodb://h/d?w=majority&journal=true"),
            (
                "mongodb://u:p@h/d?W=2",
                "mongodb://u:p@h/d?W=2&journal=true",
            ),
            (
                "mongodb://h/d?journal=false&w=1",
                "mongodb://h/d?journal=false&w=1",
            ),
        ] {
            assert_eq!(read(text).journaled().expose(), journaled);
        }
    }
}
