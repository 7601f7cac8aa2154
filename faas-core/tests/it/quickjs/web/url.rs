use serde_json::json;

use super::{assert_throws, assert_values};

#[test]
fn a_url_has_the_components_of_the_standard() {
    let all = "const all = (u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, \
        u.hostname, u.port, u.pathname, u.search, u.hash]; ";
    let cases = [
        (
            "'https://us%20er:p\u{e4}ss@ex\u{e4}mple.com:8080/a/../b c?q=\u{20ac}#f`g'",
            json!([
                "https://us%20er:p%C3%A4ss@xn--exmple-cua.com:8080/b%20c?q=%E2%82%AC#f%60g",
                "https://xn--exmple-cua.com:8080",
                "https:",
                "us%20er",
                "p%C3%A4ss",
                "xn--exmple-cua.com:8080",
                "xn--exmple-cua.com",
                "8080",
                "/b%20c",
                "?q=%E2%82%AC",
                "#f%60g"
            ]),
        ),
        (
            "'//host:443/?#', 'https://other'",
            json!([
                "https://host/?#",
                "https://host",
                "https:",
                "",
                "",
                "host",
                "host",
                "",
                "/",
                "",
                ""
            ]),
        ),
        (
            "'mailto:a@b'",
            json!([
                "mailto:a@b",
                "null",
                "mailto:",
                "",
                "",
                "",
                "",
                "",
                "a@b",
                "",
                ""
            ]),
        ),
        (
            "'blob:https://a.b/1'",
            json!([
                "blob:https://a.b/1",
                "https://a.b",
                "blob:",
                "",
                "",
                "",
                "",
                "",
                "https://a.b/1",
                "",
                ""
            ]),
        ),
        (
            "'http://[1::0:0:1]/\\ud800'",
            json!([
                "http://[1::1]/%EF%BF%BD",
                "http://[1::1]",
                "http:",
                "",
                "",
                "[1::1]",
                "[1::1]",
                "",
                "/%EF%BF%BD",
                "",
                ""
            ]),
        ),
        (
            "'web+demo:/.//not-a-host/'",
            json!([
                "web+demo:/.//not-a-host/",
                "null",
                "web+demo:",
                "",
                "",
                "",
                "",
                "",
                "//not-a-host/",
                "",
                ""
            ]),
        ),
    ];
    for (arguments, expected) in cases {
        assert_values(&[(&format!("{all}return all(new URL({arguments}))"), expected)]);
    }
}

#[test]
fn components_can_be_set_and_what_is_invalid_changes_nothing() {
    let set = "const set = (url, name, value) => { const u = new URL(url); u[name] = value; return u.href }; ";
    for (arguments, expected) in [
        ("'http://a/b', 'protocol', 'https:x'", "https://a/b"),
        ("'http://a/b', 'protocol', 'mailto'", "http://a/b"),
        ("'http://a/b', 'username', 'x y'", "http://x%20y@a/b"),
        ("'http://u@a/b', 'password', 'p'", "http://u:p@a/b"),
        ("'http://a:1/b', 'host', 'c:2/d'", "http://c:2/b"),
        ("'http://a:1/b', 'hostname', 'c:2'", "http://a:1/b"),
        ("'http://a/b', 'port', '8080x'", "http://a:8080/b"),
        ("'http://a:1/b', 'port', '80'", "http://a/b"),
        (
            "'http://a/b?c', 'pathname', '\\ud800?'",
            "http://a/%EF%BF%BD%3F?c",
        ),
        ("'http://a/b?c#d', 'search', ''", "http://a/b#d"),
        ("'http://a/b?c#d', 'hash', 'x'", "http://a/b?c#x"),
        ("'http://a', 'href', 'mailto:b'", "mailto:b"),
    ] {
        assert_values(&[(&format!("{set}return set({arguments})"), json!(expected))]);
    }
    assert_throws(&[
        ("new URL()", "TypeError"),
        ("new URL('x')", "TypeError"),
        ("new URL('x', 'y')", "TypeError"),
        ("URL('http://a')", "TypeError"),
        ("new URL('http://a').href = 'x'", "TypeError"),
        ("new URL('http://a b')", "TypeError"),
        ("new URL('http://a:65536')", "TypeError"),
        (
            "Object.getOwnPropertyDescriptor(URL.prototype, 'href').get.call({})",
            "TypeError",
        ),
    ]);
    assert_values(&[(
        "return [URL.canParse('x'), URL.canParse('x', 'http://a'), URL.parse('x'), \
            URL.parse('x', 'http://a/b/').href, JSON.stringify(new URL('http://a')), \
            `${new URL('http://a')}`, Object.keys(URL.prototype).length]",
        json!([
            false,
            true,
            null,
            "http://a/b/x",
            "\"http://a/\"",
            "http://a/",
            14
        ]),
    )]);
}

#[test]
fn a_query_and_its_url_follow_each_other() {
    assert_values(&[
        (
            "const u = new URL('http://a/?x=1&y=%20+'), p = u.searchParams; \
             p.append('z', '\u{e4}&'); const first = u.href; \
             u.search = '?b=2'; const second = [...p]; \
             p.delete('b'); const third = u.href; \
             u.href = 'http://c/?d'; \
             return [p.get('y'), first, second, third, `${p}`, u.searchParams === p]",
            json!([
                null,
                "http://a/?x=1&y=++&z=%C3%A4%26",
                [["b", "2"]],
                "http://a/",
                "d=",
                true
            ]),
        ),
        (
            "const u = new URL('http://a/?x= y'); u.hash = 'z'; u.searchParams.sort(); return u.href",
            json!("http://a/?x=+y#z"),
        ),
    ]);
}

#[test]
fn a_query_is_read_from_text_pairs_and_records() {
    assert_values(&[
        (
            "return [new URLSearchParams('?a=b&a=c&&%e2%82%ac=%zz'), new URLSearchParams([['x', 1], new Set('yz')]), \
                new URLSearchParams({ a: 1, '\\ud800': null }), new URLSearchParams(), \
                new URLSearchParams(null), new URLSearchParams(new URLSearchParams('q=1'))].map(String)",
            json!([
                "a=b&a=c&%E2%82%AC=%25zz",
                "x=1&y=z",
                "a=1&%EF%BF%BD=null",
                "",
                "null=",
                "q=1"
            ]),
        ),
        (
            "const p = new URLSearchParams('b=2&\u{ffff}=3&\\u{1f600}=4&a=1&b=1'); p.sort(); \
             return [[...p.keys()].map((k) => k.codePointAt(0)), p.getAll('b'), p.size, p.has('b', '2'), p.has('b', '3')]",
            json!([[97, 98, 98, 0x1f600, 0xffff], ["2", "1"], 5, true, false]),
        ),
        (
            "const p = new URLSearchParams('a=1&b=2&a=3'); p.set('a', 4); p.set('c', 5); p.delete('b', 'no'); \
             const seen = []; for (const [name] of p) { seen.push(name); p.delete(name) } \
             return [seen, `${p}`, Object.prototype.toString.call(p), Object.prototype.toString.call(p.keys())]",
            json!([
                ["a", "c"],
                "b=2",
                "[object URLSearchParams]",
                "[object URLSearchParams Iterator]"
            ]),
        ),
        (
            "const seen = []; new URLSearchParams('a=1').forEach(function (...all) { seen.push(this, ...all) }, 7); \
             return [Number(seen[0]), seen[1], seen[2], String(seen[3])]",
            json!([7, "1", "a", "a=1"]),
        ),
    ]);
    assert_throws(&[
        ("new URLSearchParams([['a']])", "TypeError"),
        ("new URLSearchParams([1])", "TypeError"),
        (
            "new URLSearchParams({ [Symbol()]: 1, get a() { return Symbol() } })",
            "TypeError",
        ),
        ("new URLSearchParams('').append('a')", "TypeError"),
        ("URLSearchParams.prototype.entries.call({})", "TypeError"),
        ("new URLSearchParams('').keys().next.call({})", "TypeError"),
    ]);
}

#[test]
fn a_query_of_many_pairs_stays_within_the_memory_of_the_call() {
    let rig = super::Rig::new();
    let failure = rig.failure("return new URLSearchParams('&a'.repeat(8e6)).size");
    assert_eq!(
        failure.kind,
        faas_core::model::FailureKind::OutOfMemory,
        "{failure:?}"
    );
}
