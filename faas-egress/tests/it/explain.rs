//! Refusals say whose rule it is, and an explanation agrees with what happens.

use std::sync::Arc;

use faas_core::egress::{FetchRequest, Network as _, RefusedBy, code};
use faas_core::model::egress::EgressRules;
use faas_egress::{Broker, Policy};
use hyper::Response;

use crate::support::server::{Server, full};
use crate::support::{caller, get, soon, with_hosts};

#[tokio::test]
async fn an_explanation_agrees_with_what_happens() {
    let server = Server::http(|_| async { Response::new(full("ok")) }).await;
    let policy = Policy {
        deny_hosts: vec!["denied.test".parse().unwrap()],
        ..Policy::public()
    };
    let (builder, names, router) = with_hosts(policy, server.address, server.address);
    names.set("inside.test", &[&["10.1.2.3"]]);
    names.set("mixed.test", &[&["10.1.2.3", "1.1.1.1"]]);
    names.set("nothing.test", &[&[]]);
    let broker = builder.build().unwrap();
    let rules: EgressRules = serde_json::from_str(
        r#"{ "deny": [{ "host": "*", "methods": ["DELETE"] }], "allow": [{ "host": "*.test" }, { "host": "10.0.0.1" }] }"#,
    )
    .unwrap();
    for (method, url, refusal, by, code) in [
        ("GET", "http://public.test/a#b", None, None, ""),
        ("GET", "http://mixed.test/", None, None, ""),
        (
            "GET",
            "http://inside.test/",
            Some(
                "the server's policy refuses the request to inside.test: the address that it resolves to is refused: it is a private address (RFC 1918)",
            ),
            Some(RefusedBy::Server),
            code::REFUSED,
        ),
        (
            "GET",
            "http://10.0.0.1/",
            Some(
                "the server's policy refuses the request to 10.0.0.1: it is a private address (RFC 1918)",
            ),
            Some(RefusedBy::Server),
            code::REFUSED,
        ),
        (
            "GET",
            "http://denied.test/",
            Some(
                "the server's policy refuses the request to denied.test: the host is denied (denied.test)",
            ),
            Some(RefusedBy::Server),
            code::REFUSED,
        ),
        (
            "GET",
            "http://public.test:22/",
            Some(
                "the server's policy refuses the request to public.test: port 22 is not among the allowed ports (80, 443)",
            ),
            Some(RefusedBy::Server),
            code::REFUSED,
        ),
        (
            "delete",
            "http://public.test/",
            Some(
                "the function's rules refuse the request to public.test: egress.deny[0] (host *) matches",
            ),
            Some(RefusedBy::Function),
            code::REFUSED,
        ),
        (
            "GET",
            "http://example.org/",
            Some(
                "the function's rules refuse the request to example.org: no entry of egress.allow has this host",
            ),
            Some(RefusedBy::Function),
            code::REFUSED,
        ),
        (
            "GET",
            "http://unknown.test/",
            Some("cannot resolve unknown.test: the name is not known, or no name server answers"),
            None,
            code::DNS,
        ),
        (
            "GET",
            "http://nothing.test/",
            Some("cannot resolve nothing.test: it has no address"),
            None,
            code::DNS,
        ),
        (
            "GET",
            "ftp://public.test/",
            Some("the scheme \"ftp\" is not known: use http or https"),
            None,
            code::INVALID,
        ),
        (
            "GET",
            "http://a:b@public.test/",
            Some("the URL contains credentials: use the header authorization"),
            None,
            code::INVALID,
        ),
        (
            "GET",
            "http://[::1%25lo]/",
            Some("the URL is not valid: invalid IPv6 address"),
            None,
            code::INVALID,
        ),
    ] {
        let explanation = soon(broker.explain(url, method, Some(&rules))).await;
        assert_eq!(explanation.refusal.as_deref(), refusal, "{url}");
        assert_eq!(explanation.allowed, refusal.is_none());
        let (mut caller, records) = caller();
        caller.rules = Some(Arc::new(rules.clone()));
        let mut request = FetchRequest::get(url);
        request.method = method.to_owned();
        match soon(broker.fetch(&caller, request)).await {
            Ok(_) => assert!(explanation.allowed, "{url}"),
            Err(error) => {
                assert_eq!((Some(&*error.message), &*error.code), (refusal, code));
                let record = records.take().remove(0);
                assert_eq!(record.refused_by, by);
                assert_eq!(record.refusal.is_some(), by.is_some());
            }
        }
    }
    let explanation = soon(broker.explain("http://mixed.test:80/a#b", "GET", None)).await;
    assert_eq!(explanation.url.as_deref(), Some("http://mixed.test/a"));
    let addresses = explanation.addresses.iter();
    let addresses: Vec<_> = addresses
        .map(|one| (one.address.to_string(), one.refusal.clone()))
        .collect();
    let private = Some("it is a private address (RFC 1918)".to_owned());
    assert_eq!(
        addresses,
        [
            ("10.1.2.3".to_owned(), private),
            ("1.1.1.1".to_owned(), None)
        ]
    );
    assert!(
        router
            .astray
            .lock()
            .iter()
            .all(|address| address.to_string() == "1.1.1.1:80")
    );
}

#[tokio::test]
async fn without_a_policy_nothing_is_reached() {
    let (caller, _) = caller();
    let broker = Broker::builder(Policy::default()).build().unwrap();
    let error = get(&broker, &caller, "https://example.com/")
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "the server's policy refuses the request to example.com: functions have no access to the \
         network"
    );
}

#[tokio::test]
async fn a_host_that_refuses_connections_is_an_error_of_its_own() {
    let server = Server::http(|_| async { Response::new(full("ok")) }).await;
    let (builder, names, router) = with_hosts(Policy::public(), server.address, server.address);
    names.set("down.test", &[&["8.8.8.8", "8.8.4.4"]]);
    names.set("half.test", &[&["8.8.8.8", "1.1.1.1"]]);
    let broker = builder.build().unwrap();
    let (caller, _) = caller();
    let error = get(&broker, &caller, "http://down.test/")
        .await
        .unwrap_err();
    assert_eq!(error.code, code::CONNECT);
    assert_eq!(
        error.message,
        "cannot connect to down.test on port 80: connection refused"
    );
    assert_eq!(router.astray.lock().len(), 2);
    assert!(get(&broker, &caller, "http://half.test/").await.is_ok());
}
