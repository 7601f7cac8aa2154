use serde_json::{Value, json};

use super::*;

fn rules(value: Value) -> Result<EgressRules, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn target(path: &str) -> Target<'_> {
    Target {
        is_https: true,
        host: "api.example.com",
        port: 443,
        method: "GET",
        path,
    }
}

#[test]
fn rules_keep_their_json_form() {
    let value = json!({
        "allow": [{
            "host": "*.example.com",
            "ports": [443],
            "methods": ["GET"],
            "paths": ["/v1/*"],
            "headers": { "authorization": "Bearer ${secret:KEY}" }
        }],
        "deny": [{ "host": "[2001:db8::1]" }]
    });
    let parsed = rules(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&parsed).unwrap(), value);
    assert_eq!(parsed.secret_names().collect::<Vec<_>>(), ["KEY"]);
    assert_eq!(
        serde_json::to_value(EgressRules::default()).unwrap(),
        json!({})
    );
}

#[test]
fn wrong_rules_are_refused_with_a_message_that_names_the_place() {
    let many: Vec<_> = (0..65).map(|_| json!({ "host": "a.example" })).collect();
    let ports: Vec<_> = (1..=33).collect();
    for (value, message) in [
        (json!({ "permit": [] }), "unknown field `permit`"),
        (
            json!({ "allow": [{ "host": "a.example", "port": 1 }] }),
            "unknown field `port`",
        ),
        (json!({ "allow": [{}] }), "missing field `host`"),
        (
            json!({ "allow": many }),
            "egress.allow has 65 entries: at most 64",
        ),
        (
            json!({ "deny": [{ "host": "a.example", "ports": ports }] }),
            "egress.deny[0].ports has 33",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "ports": [] }] }),
            "egress.allow[0].ports is empty",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "ports": [0] }] }),
            "egress.allow[0].ports contains 0",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "methods": ["GET /"] }] }),
            "invalid HTTP method",
        ),
        (
            json!({ "allow": [{ "host": "https://a.example" }] }),
            "write the name only",
        ),
        (
            json!({ "allow": [{ "host": "a.example:80" }] }),
            "write the name only",
        ),
        (
            json!({ "allow": [{ "host": "a.*.example" }] }),
            "can only be the first label",
        ),
        (
            json!({ "allow": [{ "host": "bücher.example" }] }),
            "Punycode",
        ),
        (
            json!({ "allow": [{ "host": "127.1" }] }),
            "four decimal numbers",
        ),
        (
            json!({ "allow": [{ "host": "0x7f000001" }] }),
            "four decimal numbers",
        ),
        (json!({ "allow": [{ "host": "" }] }), "expected a name"),
        (
            json!({ "allow": [{ "host": "a..example" }] }),
            "expected a name",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "paths": ["v1"] }] }),
            "must begin with '/'",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "paths": ["/v1?a"] }] }),
            "query",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "paths": ["/v1/%2e%2e/a"] }] }),
            "as a segment",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "headers": { "host": "b" } }] }),
            "\"host\" is set by the server",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "headers": { "proxy-x": "b" } }] }),
            "is set by the server",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "headers": { "A": "b" } }] }),
            "must be in lower case",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "headers": { "a b": "b" } }] }),
            "not a valid header name",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "headers": { "a": "b\r\nc: d" } }] }),
            "printable ASCII",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "headers": { "a": "${env:A}" } }] }),
            "unknown ${…}",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "headers": { "a": "${secret:}" } }] }),
            "invalid name of a secret",
        ),
        (
            json!({ "allow": [{ "host": "a.example", "headers": { "a": "${secret:A" } }] }),
            "without \"}\"",
        ),
        (
            json!({ "allow": [{ "host": "*", "headers": { "a": "b" } }] }),
            "name the host",
        ),
    ] {
        let error = rules(value.clone()).unwrap_err();
        assert!(error.contains(message), "{value}: {error}");
    }
}

#[test]
fn a_request_needs_an_entry_that_matches_in_every_part() {
    let rules = rules(json!({
        "allow": [
            { "host": "api.example.com", "ports": [443, 8443], "methods": ["GET"], "paths": ["/v1/*", "/health"] },
            { "host": "*.files.example" },
            { "host": "192.0.2.1" }
        ],
        "deny": [{ "host": "secret.files.example" }, { "host": "*", "methods": ["DELETE"] }]
    }))
    .unwrap();
    let ok = target("/v1/a");
    for (target, expected) in [
        (ok, "ok"),
        (
            Target {
                host: "api.example.com.",
                ..ok
            },
            "ok",
        ),
        (
            Target {
                host: "API.example.com",
                ..ok
            },
            "ok",
        ),
        (
            Target {
                method: "get",
                ..ok
            },
            "ok",
        ),
        (
            Target {
                port: 8443,
                path: "/health",
                ..ok
            },
            "ok",
        ),
        (
            Target { port: 80, ..ok },
            "no entry of egress.allow matches: egress.allow[0] allows other ports",
        ),
        (
            Target {
                method: "POST",
                ..ok
            },
            "no entry of egress.allow matches: egress.allow[0] allows other methods",
        ),
        (
            Target {
                path: "/health/",
                ..ok
            },
            "no entry of egress.allow matches: egress.allow[0] allows other paths",
        ),
        (
            Target {
                host: "xapi.example.com",
                ..ok
            },
            "no entry of egress.allow has this host",
        ),
        (
            Target {
                host: "api.example.com.evil.test",
                ..ok
            },
            "no entry of egress.allow has this host",
        ),
        (
            Target {
                host: "a.files.example",
                ..ok
            },
            "ok",
        ),
        (
            Target {
                host: "a.b.files.example",
                ..ok
            },
            "ok",
        ),
        (
            Target {
                host: "files.example",
                ..ok
            },
            "no entry of egress.allow has this host",
        ),
        (
            Target {
                host: ".files.example",
                ..ok
            },
            "no entry of egress.allow has this host",
        ),
        (
            Target {
                host: "afiles.example",
                ..ok
            },
            "no entry of egress.allow has this host",
        ),
        (
            Target {
                host: "secret.files.example",
                ..ok
            },
            "egress.deny[0] (host secret.files.example) matches",
        ),
        (
            Target {
                host: "a.files.example",
                method: "delete",
                ..ok
            },
            "egress.deny[1] (host *) matches",
        ),
        (
            Target {
                host: "192.0.2.1",
                ..ok
            },
            "ok",
        ),
        (
            Target {
                host: "[::ffff:192.0.2.1]",
                ..ok
            },
            "no entry of egress.allow has this host",
        ),
    ] {
        let decided = rules
            .decide(&target)
            .map_or_else(|no| no.to_string(), |_| "ok".to_owned());
        assert_eq!(decided, expected, "{target:?}");
    }
    let nothing = self::rules(json!({ "allow": [] })).unwrap();
    assert!(nothing.decide(&ok).is_err());
    assert!(EgressRules::default().decide(&ok).is_ok());
}

#[test]
fn no_spelling_of_a_path_leaves_what_is_allowed() {
    let rules = rules(json!({ "allow": [{ "host": "*", "paths": ["/v1/*"] }] })).unwrap();
    for path in [
        "/v1/",
        "/v1/a",
        "/v1/a/b",
        "/%76%31/a",
        "/v1/a%2Fb",
        "/v1/a%20b",
        "/v1//a",
        "/v1/a;b=c",
        "/v1/..a",
        "/v1/%E2%82%AC",
    ] {
        assert!(rules.decide(&target(path)).is_ok(), "{path}");
    }
    for path in [
        "/",
        "/v1",
        "/v2/",
        "/V1/a",
        "//v1/a",
        "/x/v1/a",
        "/v1/../admin",
        "/v1/%2e%2e/admin",
        "/v1/.%2E/admin",
        "/v1/..%2fadmin",
        "/v1/..%5Cadmin",
        "/v1/%252e%252e/admin",
        "/v1/..%252fadmin",
        "/v1/%25252e%25252e/a",
        "/v1/%2525252e",
        "/v1/..\\admin",
        "/v1/..;/admin",
        "/v1/..;a=b/admin",
        "/v1/%2e%2e%3b/admin",
        "/v1/..%00/admin",
        "/v1/..%20/admin",
        "/v1%2Fa",
        "/v1%5Ca",
        "/v1/a%0d%0ab",
        "/v1/./a",
        "/v1/a/..",
        "/v1/a/.",
    ] {
        assert!(rules.decide(&target(path)).is_err(), "{path}");
    }
}

#[test]
fn no_spelling_of_a_path_escapes_what_is_denied() {
    let rules =
        rules(json!({ "deny": [{ "host": "*", "paths": ["/admin", "/admin/*"] }] })).unwrap();
    for path in [
        "/admin",
        "/admin/",
        "/admin/a",
        "/%61dmin",
        "/%2561dmin",
        "//admin",
        "/admin//",
        "/admin%2Fa",
        "/admin;a=b",
        "/admin;a/b",
        "/a/../admin",
        "/a/..%2fadmin",
        "/%5cadmin",
        "\\admin",
        "/a/%2e%2e/b",
        "/;/admin",
        "/admin%00",
    ] {
        assert!(rules.decide(&target(path)).is_err(), "{path}");
    }
    for path in ["/", "/administrator", "/a/admin", "/a%20b"] {
        assert!(rules.decide(&target(path)).is_ok(), "{path}");
    }
}

#[test]
fn headers_go_to_their_host_over_https_only() {
    let rules = rules(json!({
        "allow": [
            { "host": "api.example.com", "headers": { "authorization": "Bearer ${secret:A}", "x-from": "f" } },
            { "host": "*.example.com", "headers": { "authorization": "${secret:B}-${secret:C}" } },
            { "host": "other.example" }
        ]
    }))
    .unwrap();
    let names = |target: Target<'_>| {
        let set = rules.decide(&target).map_err(|no| no.to_string())?;
        let set = set
            .iter()
            .map(|(name, value)| format!("{name}={}", value.as_str()));
        Ok::<_, String>(set.collect::<Vec<_>>())
    };
    let ok = target("/");
    assert_eq!(
        names(ok).unwrap(),
        [
            "authorization=Bearer ${secret:A}",
            "x-from=f",
            "authorization=${secret:B}-${secret:C}"
        ]
    );
    assert_eq!(
        names(Target {
            host: "other.example",
            ..ok
        })
        .unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(
        names(Target {
            is_https: false,
            ..ok
        })
        .unwrap_err(),
        "no entry of egress.allow matches: egress.allow[0] allows https: only, because it has headers"
    );
}

#[test]
fn a_template_is_split_into_texts_and_secrets() {
    let parts = |text: &str| {
        let template: HeaderTemplate = text.parse().unwrap();
        template
            .parts()
            .map(|part| format!("{part:?}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(parts(""), Vec::<String>::new());
    assert_eq!(parts("a$b{c}"), ["Text(\"a$b{c}\")"]);
    assert_eq!(
        parts("${secret:A}:${secret:B}."),
        [
            "Secret(\"A\")",
            "Text(\":\")",
            "Secret(\"B\")",
            "Text(\".\")"
        ]
    );
}
