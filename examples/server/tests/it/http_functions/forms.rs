//! Each form of a handler gets requests and answers them in its own way.

use serde_json::json;

use super::*;

const JSON: &str = "Content-Type: application/json\r\n";

#[test]
fn a_handler_of_requests_gets_the_request_and_its_response_comes_back_whole() {
    in_both(|server| {
        let name = upload(
            server,
            "export default {
                async fetch(request, env, ctx) {
                    const url = new URL(request.url);
                    const headers = new Headers({ 'x-method': request.method, 'content-type': 'text/x' });
                    headers.append('set-cookie', 'a=1; Path=/');
                    headers.append('set-cookie', 'b=2');
                    const text = await request.text();
                    return new Response([url.pathname, url.search, request.headers.get('x-a'),
                        request.headers.get('cookie'), url.host, text].join('|'), { status: 207, headers });
                },
            };",
        );
        let headers = "X-A: 1\r\nX-A: 2\r\nCookie: c=3\r\nConnection: x-hop\r\nX-Hop: 1\r\n";
        let path = format!("/f/{name}/orders/a%20b?q=%C3%BC&q=2");
        let answer = call(server, "PUT", &path, headers, "grüße".as_bytes());
        assert_eq!(answer.status, 207, "{answer:?}");
        assert_eq!(
            answer.text(),
            "/orders/a%20b|?q=%C3%BC&q=2|1, 2|c=3|localhost|grüße"
        );
        assert_eq!(answer.header("x-method"), Some("PUT"));
        assert_eq!(answer.header("content-type"), Some("text/x"));
        assert_eq!(answer.all("set-cookie"), ["a=1; Path=/", "b=2"]);
        let execution = execution_of(server, &answer);
        assert_eq!(execution["status"], "completed");
        assert_eq!(execution["input"]["method"], "PUT");
        assert_eq!(execution["input"]["path"], "/orders/a%20b");
        assert_eq!(execution["input"]["headers"]["cookie"], "(not recorded)");
        assert_eq!(execution["input"]["body"], "grüße");
        assert_eq!(execution["output"]["status"], 207);
    });
}

#[test]
fn bytes_redirects_empty_bodies_and_head_are_passed_on_as_they_are() {
    in_both(|server| {
        let name = upload(
            server,
            "export default { async fetch(request) {
                const { pathname } = new URL(request.url);
                if (pathname === '/bytes') {
                    const sent = new Uint8Array(await request.arrayBuffer());
                    return new Response(sent.map((byte) => 255 - byte), { headers: { 'content-type': 'x/y' } });
                }
                if (pathname === '/to') return Response.redirect('https://example.com/there', 308);
                if (pathname === '/none') return new Response(null, { status: 204, headers: { 'x-none': '1' } });
                if (pathname === '/json') return Response.json({ method: request.method });
                return new Response('head', { headers: { etag: '\"1\"', 'transfer-encoding': 'chunked' } });
            } };",
        );
        let path = |rest: &str| format!("/f/{name}{rest}");
        let sent: Vec<u8> = (0..=255).collect();
        let bytes = call(server, "POST", &path("/bytes"), "", &sent);
        let expected: Vec<u8> = (0..=255).rev().collect();
        assert_eq!((bytes.status, &bytes.body), (200, &expected));
        assert_eq!(bytes.header("content-type"), Some("x/y"));
        let moved = call(server, "GET", &path("/to"), "", b"");
        assert_eq!(moved.status, 308);
        assert_eq!(moved.header("location"), Some("https://example.com/there"));
        let none = call(server, "GET", &path("/none"), "", b"");
        assert_eq!((none.status, none.header("x-none")), (204, Some("1")));
        assert_eq!(none.header("content-length"), None);
        let head = call(server, "HEAD", &path(""), "", b"");
        assert_eq!((head.status, head.header("etag")), (200, Some("\"1\"")));
        assert_eq!(head.header("content-length"), Some("4"));
        assert_eq!(head.all("transfer-encoding").len(), 0);
        let json = call(server, "PURGE", &path("/json"), "", b"");
        assert_eq!(json.json(), json!({ "method": "PURGE" }));
    });
}

#[test]
fn plain_functions_get_a_json_body_or_the_request_and_answer_with_json() {
    in_both(|server| {
        let name = upload(server, "export default (input) => ({ got: input })");
        let path = format!("/f/{name}/a?x=1&y=2&y=3");
        let sum = call(server, "POST", &path, JSON, br#"{"a": [1]}"#);
        assert_eq!(sum.json(), json!({ "got": { "a": [1] } }));
        assert_eq!(sum.header("content-type"), Some("application/json"));
        let got = call(server, "GET", &path, "X-A: b\r\n", b"").json();
        let got = &got["got"];
        assert_eq!(
            (&got["method"], &got["path"]),
            (&json!("GET"), &json!("/a"))
        );
        assert_eq!(got["query"], json!({ "x": "1", "y": ["2", "3"] }));
        assert_eq!(got["headers"]["x-a"], "b");
        assert_eq!((&got["body"], &got["params"]), (&json!(null), &json!({})));
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let form = call(server, "POST", &path, form, b"a=1&b=%20").json();
        assert_eq!(form["got"]["body"], json!({ "a": "1", "b": " " }));
        let wrong = call(server, "POST", &path, JSON, b"{");
        assert_eq!(wrong.status, 400);
        assert_eq!(wrong.json()["code"], "invalid_request");

        let mixed = upload(
            server,
            "export default async (input) => input.method === 'GET' ? new Response('text', { status: 201 }) : undefined",
        );
        let path = format!("/f/{mixed}");
        let text = call(server, "GET", &path, "", b"");
        assert_eq!((text.status, text.text()), (201, "text".to_owned()));
        assert_eq!(call(server, "DELETE", &path, "", b"").text(), "null");
        let body = upload(server, "return input.a + 1");
        let two = call(server, "POST", &format!("/f/{body}"), JSON, br#"{"a": 1}"#);
        assert_eq!(two.text(), "2");
    });
}

#[test]
fn a_lambda_function_gets_an_event_of_api_gateway_and_answers_in_its_form() {
    in_both(|server| {
        let http =
            json!({ "enabled": true, "auth": "public", "routes": ["/orders/:id", "/plain"] });
        let name = upload_with(
            server,
            "export const handler = async (event, context) => event.rawPath === '/plain' ? { a: 1 } : {
                statusCode: 202,
                headers: { 'Content-Type': 'image/x', 'x-request': String(event.requestContext.requestId === context.awsRequestId) },
                cookies: ['a=1', 'b=2'],
                isBase64Encoded: true,
                body: btoa(JSON.stringify([event.version, event.rawPath, event.rawQueryString,
                    event.queryStringParameters, event.cookies, event.requestContext.http.method,
                    event.pathParameters, event.body, event.isBase64Encoded])),
            };",
            &http,
        );
        let path = format!("/f/{name}/orders/7?x=1&x=2");
        let answer = call(server, "POST", &path, "Cookie: c=1; d=2\r\n", b"text");
        assert_eq!(answer.status, 202, "{answer:?}");
        assert_eq!(
            answer.json(),
            json!(["2.0", "/orders/7", "x=1&x=2", { "x": "1,2" }, ["c=1", "d=2"], "POST", { "id": "7" }, "text", false])
        );
        assert_eq!(answer.header("content-type"), Some("image/x"));
        assert_eq!(answer.header("x-request"), Some("true"));
        assert_eq!(answer.all("set-cookie"), ["a=1", "b=2"]);
        let plain = call(server, "GET", &format!("/f/{name}/plain"), "", b"");
        assert_eq!(plain.json(), json!({ "a": 1 }));

        let callback = upload(
            server,
            "exports.handler = (event, context, callback) => callback(null, {
                statusCode: 200, headers: { 'content-type': 'text/plain' }, body: event.requestContext.http.method })",
        );
        let answer = call(server, "PATCH", &format!("/f/{callback}"), "", b"");
        assert_eq!((answer.status, answer.text()), (200, "PATCH".to_owned()));
    });
}

#[test]
fn a_handler_for_node_servers_gets_a_request_and_writes_a_response() {
    in_both(|server| {
        let name = upload(
            server,
            "module.exports = (req, res) => {
                if (req.path === '/raw') {
                    let text = '';
                    req.on('data', (chunk) => { text += chunk; });
                    return void req.on('end', () => {
                        res.writeHead(203, { 'x-a': ['1', '2'] });
                        res.write(text + '-');
                        res.end(Buffer.from('end'));
                    });
                }
                if (req.path === '/html') return res.send('<p>');
                res.cookie('c', 'v w', { httpOnly: true }).status(201)
                    .json({ method: req.method, url: req.url, query: req.query, body: req.body, cookies: req.cookies, agent: req.get('User-Agent') });
            };",
        );
        let headers = "Content-Type: application/json\r\nUser-Agent: t\r\nCookie: k=v\r\n";
        let path = format!("/f/{name}/p?q=1");
        let answer = call(server, "POST", &path, headers, br#"{"a":1}"#);
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(
            answer.json(),
            json!({ "method": "POST", "url": "/p?q=1", "query": { "q": "1" }, "body": { "a": 1 }, "cookies": { "k": "v" }, "agent": "t" })
        );
        assert_eq!(answer.all("set-cookie"), ["c=v%20w; Path=/; HttpOnly"]);
        let raw = call(server, "POST", &format!("/f/{name}/raw"), "", b"abc");
        assert_eq!((raw.status, raw.text()), (203, "abc-end".to_owned()));
        assert_eq!(raw.all("x-a"), ["1", "2"]);
        let html = call(server, "GET", &format!("/f/{name}/html"), "", b"");
        assert_eq!(
            html.header("content-type"),
            Some("text/html; charset=utf-8")
        );
    });
}

#[test]
fn the_forms_of_other_platforms_answer_requests_too() {
    in_both(|server| {
        for (code, method, expected) in [
            (
                "addEventListener('fetch', (event) => event.respondWith(new Response(event.request.method)))",
                "GET",
                (200, "GET"),
            ),
            (
                "Deno.serve((request, info) => new Response(request.method + info.remoteAddr.hostname))",
                "GET",
                (200, "GET127.0.0.1"),
            ),
            (
                "export async function GET() { return new Response('got') }
                 export const POST = async (request) => new Response('posted ' + await request.text());",
                "POST",
                (200, "posted body"),
            ),
            ("export const GET = () => new Response('got')", "POST", (405, "")),
            (
                "export default async function handler(request) { return new Response(request.method) }",
                "POST",
                (200, "POST"),
            ),
            (
                "module.exports = async (event, context) => context.status(201).headers({ 'x-a': 'b' }).succeed(event.method + event.body)",
                "POST",
                (201, "POSTbody"),
            ),
            (
                "module.exports = async (context) => ({ status: 202, body: context.request.body })",
                "POST",
                (202, "body"),
            ),
            (
                "exports.handler = (context, event) => context.callback(new context.Response(event.body, {}, 'text/x', 203))",
                "POST",
                (203, "body"),
            ),
        ] {
            let name = upload(server, code);
            let body: &[u8] = if method == "POST" { b"body" } else { b"" };
            let answer = call(server, method, &format!("/f/{name}"), "", body);
            let found = (answer.status, answer.text());
            assert_eq!(found, (expected.0, expected.1.to_owned()), "{code}");
        }
    });
}

#[test]
fn an_input_still_reaches_a_function_that_answers_requests_too() {
    in_both(|server| {
        let code = "export default { fetch: async (request) => new Response(request.url + await request.text()) }";
        let name = upload(server, code);
        assert_eq!(
            call(server, "GET", &format!("/f/{name}/a"), "", b"").text(),
            "http://localhost/a"
        );
        let id = latest_function(server);
        let (status, result) = server.send("POST", &format!("/api/functions/{id}/invoke"), "[1]");
        assert_eq!((status, &*result), (200, r#""https://function.local/[1]""#));
        assert_eq!(
            call(server, "GET", &format!("/f/{name}/b"), "", b"").text(),
            "http://localhost/b"
        );
    });
}

#[test]
fn the_examples_answer_as_they_say() {
    in_both(|server| {
        let routes = json!({
            "enabled": true, "auth": "public", "routes": ["GET /orders/:id", "POST /orders"]
        });
        let orders = include_str!("../../../../functions/http-orders.js");
        let orders = upload_with(server, orders, &routes);
        let order = call(server, "GET", &format!("/f/{orders}/orders/7"), "", b"");
        assert_eq!(order.json(), json!({ "order": "7" }));
        let items = br#"{"items": [{"price": 2, "count": 3}]}"#;
        let created = call(server, "POST", &format!("/f/{orders}/orders"), JSON, items);
        assert_eq!(
            (created.status, created.json()),
            (201, json!({ "total": 6 }))
        );
        let events = upload(server, include_str!("../../../../functions/http-events.ts"));
        let events = call(server, "GET", &format!("/f/{events}?count=2"), "", b"");
        assert_eq!(events.text(), "data: 1\n\ndata: 2\n\n");
    });
}
