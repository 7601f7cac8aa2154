use super::*;

/// The first and the last address of each block, and the public neighbours of both.
#[test]
fn each_block_begins_and_ends_where_its_registry_says() {
    for (first, last, before, after) in [
        ("0.0.0.0", "0.255.255.255", None, Some("1.0.0.0")),
        (
            "10.0.0.0",
            "10.255.255.255",
            Some("9.255.255.255"),
            Some("11.0.0.0"),
        ),
        (
            "100.64.0.0",
            "100.127.255.255",
            Some("100.63.255.255"),
            Some("100.128.0.0"),
        ),
        (
            "127.0.0.0",
            "127.255.255.255",
            Some("126.255.255.255"),
            Some("128.0.0.0"),
        ),
        (
            "169.254.0.0",
            "169.254.255.255",
            Some("169.253.255.255"),
            Some("169.255.0.0"),
        ),
        (
            "172.16.0.0",
            "172.31.255.255",
            Some("172.15.255.255"),
            Some("172.32.0.0"),
        ),
        (
            "192.0.0.0",
            "192.0.0.255",
            Some("191.255.255.255"),
            Some("192.0.1.0"),
        ),
        (
            "192.0.2.0",
            "192.0.2.255",
            Some("192.0.1.255"),
            Some("192.0.3.0"),
        ),
        (
            "192.31.196.0",
            "192.31.196.255",
            Some("192.31.195.255"),
            Some("192.31.197.0"),
        ),
        (
            "192.52.193.0",
            "192.52.193.255",
            Some("192.52.192.255"),
            Some("192.52.194.0"),
        ),
        (
            "192.88.99.0",
            "192.88.99.255",
            Some("192.88.98.255"),
            Some("192.88.100.0"),
        ),
        (
            "192.168.0.0",
            "192.168.255.255",
            Some("192.167.255.255"),
            Some("192.169.0.0"),
        ),
        (
            "192.175.48.0",
            "192.175.48.255",
            Some("192.175.47.255"),
            Some("192.175.49.0"),
        ),
        (
            "198.18.0.0",
            "198.19.255.255",
            Some("198.17.255.255"),
            Some("198.20.0.0"),
        ),
        (
            "198.51.100.0",
            "198.51.100.255",
            Some("198.51.99.255"),
            Some("198.51.101.0"),
        ),
        (
            "203.0.113.0",
            "203.0.113.255",
            Some("203.0.112.255"),
            Some("203.0.114.0"),
        ),
        (
            "224.0.0.0",
            "255.255.255.255",
            Some("223.255.255.255"),
            None,
        ),
        (
            "168.63.129.16",
            "168.63.129.16",
            Some("168.63.129.15"),
            Some("168.63.129.17"),
        ),
        (
            "::",
            "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            None,
            Some("2000::"),
        ),
        (
            "2001::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            Some("2000:ffff::"),
            Some("2001:200::"),
        ),
        (
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            Some("2001:db7:ffff::"),
            Some("2001:db9::"),
        ),
        (
            "2002::",
            "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            Some("2001:ffff::"),
            Some("2003::"),
        ),
        (
            "2620:4f:8000::",
            "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
            Some("2620:4f:7fff::"),
            Some("2620:4f:8001::"),
        ),
        (
            "3ffe::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            Some("3ffd:ffff::"),
            Some("3fff:1000::"),
        ),
        (
            "4000::",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            Some("3fff:ffff::"),
            None,
        ),
    ] {
        let judged = |text: &str| special(text.parse().unwrap());
        assert!(judged(first).is_some() && judged(last).is_some(), "{first}");
        for public in [before, after].into_iter().flatten() {
            assert_eq!(judged(public), None, "{public}");
        }
    }
}

#[test]
fn a_translated_address_is_judged_by_the_address_that_it_leads_to() {
    let judged = |text: &str| special(text.parse().unwrap());
    assert_eq!(judged("64:ff9b::8.8.8.8"), None);
    assert_eq!(
        judged("64:ff9b::10.0.0.1"),
        Some("a private address (RFC 1918)")
    );
    assert_eq!(
        judged("64:ff9b:1::8.8.8.8"),
        Some("a local translation address (RFC 8215)")
    );
    assert_eq!(
        judged("::ffff:8.8.8.8"),
        Some("an IPv4-mapped or translated address (RFC 4291, RFC 2765)")
    );
    assert_eq!(
        judged("::7f00:1"),
        Some("an unspecified, loopback or IPv4-compatible address (RFC 4291)")
    );
    assert_eq!(
        judged("100.100.100.200"),
        Some("the metadata service of Alibaba Cloud")
    );
    assert_eq!(
        judged("5f00::1"),
        Some("a segment routing identifier (RFC 9602)")
    );
}

#[test]
fn the_address_inside_an_address_is_found() {
    let inside = |text: &str| -> Vec<String> {
        let found = embedded(text.parse().unwrap());
        found.iter().map(ToString::to_string).collect()
    };
    for text in [
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:a00:1::",
    ] {
        assert_eq!(inside(text), ["10.0.0.1"], "{text}");
    }
    assert_eq!(
        inside("2001:0:a00:1:0:0:f5ff:fffd"),
        ["10.0.0.1", "10.0.0.2"]
    );
    assert_eq!(inside("2606:4700::1"), Vec::<String>::new());
    assert_eq!(inside("10.0.0.1"), Vec::<String>::new());
}
