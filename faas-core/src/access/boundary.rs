//! Browser checks: whether a request's `Origin` and `Host` are allowed on this server.
//!
//! A page of another site can make its visitor's browser call a server that only the visitor can
//! reach. Two headers reveal this: the `Origin` that the browser sends, and the `Host`. The `Host`
//! matters for DNS rebinding, where the attacker's own name resolves to this server and the origin
//! looks like the server's own. Programs send no `Origin`; these checks do not concern them.

use std::net::IpAddr;

/// The headers of a request that show where it comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Whence<'a> {
    /// `Host`, or the authority of the request target.
    pub host: Option<&'a str>,
    /// `Origin`; a value that is not text counts as `null`.
    pub origin: Option<&'a str>,
    /// `Sec-Fetch-Site`
    pub fetch_site: Option<&'a str>,
    /// `Sec-Fetch-Mode`
    pub fetch_mode: Option<&'a str>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Boundary {
    /// Allowed origins besides the server's own; `*` allows all.
    pub(super) origins: Vec<String>,
    /// Allowed host names besides loopback names and IP addresses; `*` allows all.
    pub(super) hosts: Vec<String>,
}

impl Boundary {
    /// Returns whether the host is allowed. While a key is required, DNS rebinding gains nothing,
    /// so every name is allowed unless the options list some.
    pub(super) fn knows_host(&self, whence: &Whence<'_>, key_required: bool) -> bool {
        let Some(host) = whence.host else {
            // Every browser sends a host.
            return true;
        };
        let name = name_of(host);
        if is_address(name) || is_loopback_name(name) {
            return true;
        }
        if self.hosts.is_empty() {
            return key_required;
        }
        let mut hosts = self.hosts.iter();
        hosts.any(|known| known == "*" || known.eq_ignore_ascii_case(name))
    }

    /// Returns whether the origin is allowed, or the request comes from no page.
    pub(super) fn knows_origin(&self, whence: &Whence<'_>) -> bool {
        let Some(origin) = whence.origin else {
            // A page that loads this as an image or a script sends no origin.
            return !(whence.fetch_site.is_some_and(is_foreign)
                && whence.fetch_mode != Some("navigate"));
        };
        let own = origin.split_once("://").map(|(_, place)| place);
        let mut origins = self.origins.iter();
        origins.any(|known| known == "*" || known == origin)
            || own
                .zip(whence.host)
                .is_some_and(|(own, host)| own.eq_ignore_ascii_case(host))
    }
}

fn is_foreign(site: &str) -> bool {
    matches!(site, "cross-site" | "same-site")
}

/// A host without its port: `localhost:5000`, `[::1]:5000`.
fn name_of(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    }
}

/// An IP address cannot be rebound.
fn is_address(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
}

/// Names that always resolve to the local machine (RFC 6761 §6.3).
fn is_loopback_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let Some((rest, last)) = name.rsplit_once('.') else {
        return name.eq_ignore_ascii_case("localhost");
    };
    !rest.is_empty() && last.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundary() -> Boundary {
        Boundary {
            origins: vec!["https://app.example".to_owned()],
            hosts: vec!["faas.example".to_owned()],
        }
    }

    fn whence<'a>(host: &'a str, origin: Option<&'a str>) -> Whence<'a> {
        Whence {
            host: Some(host),
            origin,
            ..Whence::default()
        }
    }

    #[test]
    fn the_servers_own_origin_and_allowed_origins_are_accepted() {
        let knows = |host, origin| boundary().knows_origin(&whence(host, origin));
        for (host, origin) in [
            ("localhost:5000", None),
            ("localhost:5000", Some("http://localhost:5000")),
            ("LocalHost:5000", Some("http://localhost:5000")),
            ("faas.example", Some("https://faas.example")),
            ("localhost:5000", Some("https://app.example")),
        ] {
            assert!(knows(host, origin), "{host} {origin:?}");
        }
        for origin in [
            "null",
            "",
            "https://other.example",
            "https://app.example.other",
            "http://app.example",
            "http://localhost:5001",
            "http://localhost",
            "localhost:5000",
        ] {
            assert!(!knows("localhost:5000", Some(origin)), "{origin}");
        }
        let all = Boundary {
            origins: vec!["*".to_owned()],
            ..Boundary::default()
        };
        assert!(all.knows_origin(&whence("x", Some("https://other.example"))));
    }

    #[test]
    fn cross_site_loads_without_an_origin_are_refused_by_fetch_metadata() {
        let knows = |site, mode| {
            let whence = Whence {
                fetch_site: Some(site),
                fetch_mode: Some(mode),
                ..whence("localhost", None)
            };
            boundary().knows_origin(&whence)
        };
        assert!(!knows("cross-site", "no-cors"));
        assert!(!knows("same-site", "no-cors"));
        assert!(knows("same-origin", "cors"));
        assert!(knows("none", "navigate"));
        // A user who follows a link sees the answer; the page with the link does not.
        assert!(knows("cross-site", "navigate"));
    }

    #[test]
    fn an_unknown_host_name_is_refused() {
        let knows = |host| boundary().knows_host(&whence(host, None), false);
        for host in [
            "localhost",
            "localhost:5000",
            "LOCALHOST.",
            "a.localhost:5000",
            "127.0.0.1:5000",
            "192.168.1.7",
            "[::1]:5000",
            "[fe80::1]",
            "faas.example:80",
            "FAAS.example",
        ] {
            assert!(knows(host), "{host}");
        }
        for host in [
            "rebound.example:5000",
            "127.0.0.1.rebound.example",
            "localhost.rebound.example",
            "notlocalhost",
            ".localhost",
            "",
            "[",
        ] {
            assert!(!knows(host), "{host}");
        }
        assert!(boundary().knows_host(&Whence::default(), false));
    }

    #[test]
    fn with_a_required_key_every_host_name_is_accepted_unless_some_are_configured() {
        let named = whence("behind.example", None);
        assert!(Boundary::default().knows_host(&named, true));
        assert!(!Boundary::default().knows_host(&named, false));
        assert!(!boundary().knows_host(&named, true));
    }
}
