//! Which pages may call from a browser: whether a request's `Origin` and `Host` fit this server.
//!
//! A page of another site can make its visitor's browser call a server that only the visitor can
//! reach. The `Origin` that browsers send reveals it, and where a browser leaves that out,
//! `Sec-Fetch-Site`. When the page's own name was made to resolve to this server ("DNS rebinding"),
//! the origin seems to be the server's own; then the `Host` reveals it. Programs send no `Origin` and
//! are not restricted here.

use std::net::IpAddr;

/// Where a request says that it comes from.
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
    /// Whether the method may change something: any but GET, HEAD and OPTIONS.
    pub may_change: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Boundary {
    /// Allowed origins besides the server's own; `*` allows all.
    pub(super) origins: Vec<String>,
    /// Allowed host names besides loopback names and IP addresses; `*` allows all.
    pub(super) hosts: Vec<String>,
}

impl Boundary {
    /// Whether this server is known by the host name. While a key is required, a page gains nothing
    /// from a name of its own that resolves to this server, so any name is accepted unless some are
    /// configured.
    pub(super) fn knows_host(&self, whence: &Whence<'_>, key_required: bool) -> bool {
        let Some(host) = whence.host else {
            // Every browser sends it.
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

    /// Whether the calling page is allowed, if the caller is a page.
    pub(super) fn knows_origin(&self, whence: &Whence<'_>) -> bool {
        let Some(origin) = whence.origin else {
            // A page that loads this as an image or a script sends no origin. Following a link is
            // allowed: the page with the link does not see the response, and nothing is changed.
            let follows_link = whence.fetch_mode == Some("navigate") && !whence.may_change;
            return follows_link || !whence.fetch_site.is_some_and(is_foreign);
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

/// An address cannot be made to resolve elsewhere.
fn is_address(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
}

/// Names that resolve to the local machine only (RFC 6761 §6.3).
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
    fn pages_of_the_servers_own_and_of_allowed_origins_may_call() {
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
    fn a_request_of_another_site_without_an_origin_is_known_by_its_fetch_metadata() {
        let knows = |site, mode, may_change| {
            let whence = Whence {
                fetch_site: Some(site),
                fetch_mode: Some(mode),
                may_change,
                ..whence("localhost", None)
            };
            boundary().knows_origin(&whence)
        };
        assert!(!knows("cross-site", "no-cors", false));
        assert!(!knows("same-site", "no-cors", false));
        assert!(knows("same-origin", "cors", false));
        assert!(knows("same-origin", "cors", true));
        assert!(knows("none", "navigate", false));
        // Whoever follows a link sees the response; the page with the link does not.
        assert!(knows("cross-site", "navigate", false));
        // A form of another site that is submitted.
        assert!(!knows("cross-site", "navigate", true));
        assert!(!knows("same-site", "navigate", true));
    }

    #[test]
    fn a_host_name_that_anybody_could_own_is_not_accepted() {
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
    fn while_a_key_is_required_any_host_name_is_accepted_unless_some_are_configured() {
        let named = whence("behind.example", None);
        assert!(Boundary::default().knows_host(&named, true));
        assert!(!Boundary::default().knows_host(&named, false));
        assert!(!boundary().knows_host(&named, true));
    }
}
