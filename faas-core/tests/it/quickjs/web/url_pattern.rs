use serde_json::json;

use super::{assert_throws, assert_values};

#[test]
fn a_url_pattern_matches_urls_and_tells_the_groups() {
    assert_values(&[
        (
            "const p = new URLPattern({ pathname: '/books/:id(\\\\d+)/:rest*' }); \
             const found = p.exec('https://a.b/books/12/x/y?q'); \
             return [found.pathname, found.inputs, found.hostname, p.test('https://a.b/books/x'), \
                p.hasRegExpGroups, p.pathname, p.exec({ pathname: '/books/1' }).pathname.groups.id]",
            json!([
                {"input": "/books/12/x/y", "groups": {"id": "12", "rest": "x/y"}},
                ["https://a.b/books/12/x/y?q"],
                {"input": "a.b", "groups": {"0": "a.b"}},
                false,
                true,
                "/books/:id(\\d+)/:rest*",
                "1"
            ]),
        ),
        (
            "const p = new URLPattern('https://*.example.com/:page{.html}?', { ignoreCase: true }); \
             return [p.test('https://x.example.com/A.HTML'), p.test('https://example.com/a'), \
                p.exec('https://x.example.com/a').hostname.groups]",
            json!([true, false, {"0": "x"}]),
        ),
        (
            "const p = new URLPattern('/:a', 'https://h'); \
             return [p.protocol, p.hostname, p.pathname, p.test('/b', 'https://h'), p.test('/b'), \
                p.test('/b', 'http://h')]",
            json!(["https", "h", "/:a", true, false, false]),
        ),
        (
            "return [new URLPattern({ protocol: '(http|https)', hostname: '*' }).test('http://a'), \
                new URLPattern().test('x:y'), \
                new URLPattern({ pathname: '/([[a-z]--a])' }).test('https://h/a'), \
                new URLPattern({ pathname: '/((?=b).)' }).test('https://h/b')]",
            json!([true, true, false, true]),
        ),
    ]);
    assert_throws(&[
        ("new URLPattern('/a')", "TypeError"),
        ("new URLPattern({}, 'https://a')", "TypeError"),
        ("new URLPattern({ pathname: '/:a/:a' })", "TypeError"),
        ("new URLPattern({ pathname: '/((a)' })", "TypeError"),
        ("new URLPattern({ pathname: '(' })", "TypeError"),
        ("new URLPattern({ pathname: 'a'.repeat(1e6) })", "TypeError"),
        ("new URLPattern().test({}, 'https://a')", "TypeError"),
        ("URLPattern()", "TypeError"),
    ]);
}
