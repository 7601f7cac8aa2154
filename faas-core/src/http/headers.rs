//! Headers that belong to a connection, and those that a record must not show.

/// Headers of one connection (RFC 9110 §7.6.1): they are neither passed to code nor sent for it. The
/// server writes the framing of messages itself.
const OF_CONNECTION: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers with credentials.
const SECRET: [&str; 4] = ["authorization", "cookie", "x-api-key", "x-auth-token"];

/// The headers that go on: those that neither belong to the connection nor are named in a `Connection`
/// header. Names are in lower case.
pub(crate) fn kept_headers<V: AsRef<[u8]>>(
    headers: &[(String, V)],
) -> impl Iterator<Item = &(String, V)> {
    let is_named = |name: &str| {
        let lists = headers.iter().filter(|(name, _)| name == "connection");
        lists.into_iter().any(|(_, list)| {
            let mut options = list.as_ref().split(|byte| *byte == b',');
            options.any(|option| option.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
        })
    };
    headers
        .iter()
        .filter(move |(name, _)| !OF_CONNECTION.contains(&name.as_str()) && !is_named(name))
}

/// Whether a record must not show the value.
pub(super) fn is_secret(name: &str) -> bool {
    SECRET.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_connection_and_those_that_it_names_do_not_go_on() {
        let all = [
            ("connection", "close, X-Secret"),
            ("x-secret", "1"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("x-kept", "2"),
        ];
        let all = all.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let kept: Vec<_> = kept_headers(&all).map(|(name, _)| name.as_str()).collect();
        assert_eq!(kept, ["x-kept"]);
    }
}
