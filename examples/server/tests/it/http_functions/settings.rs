//! Who may send which requests, and what is answered otherwise.

use serde_json::json;

use super::*;

const ECHO: &str = "export default { fetch: (request) => new Response(request.url) }";

#[test]
fn a_function_that_is_off_and_one_that_does_not_exist_are_the_same_404() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let off = upload_with(&server, ECHO, &json!(null));
    let disabled = upload_with(&server, ECHO, &json!({ "enabled": false }));
    for name in [&off, &disabled, "unknown"] {
        let answer = call(&server, "GET", &format!("/f/{name}"), "", b"");
        assert_eq!(answer.status, 404);
        assert_eq!(
            answer.json(),
            json!({
                "error": "there is no function with this name that answers HTTP requests",
                "code": "function_not_found"
            })
        );
    }
}

#[test]
fn a_change_of_the_settings_or_of_the_name_counts_at_once() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let name = upload(&server, ECHO);
    assert_eq!(
        call(&server, "GET", &format!("/f/{name}"), "", b"").status,
        200
    );
    let id = latest_function(&server);
    let change = |body: Value| {
        let path = format!("/api/functions/{id}");
        assert_eq!(server.send("PUT", &path, &body.to_string()).0, 200);
    };
    change(json!({ "name": "Neuer Name" }));
    assert_eq!(
        call(&server, "GET", &format!("/f/{name}"), "", b"").status,
        404
    );
    let other = upload_with(&server, ECHO, &json!({ "enabled": true }));
    assert_eq!(
        call(&server, "GET", "/f/Neuer%20Name/a", "", b"").text(),
        "http://localhost/a"
    );
    change(json!({ "config": { "http": { "enabled": false } } }));
    assert_eq!(call(&server, "GET", "/f/Neuer%20Name", "", b"").status, 404);
    assert_eq!(
        call(&server, "GET", &format!("/f/{other}"), "", b"").status,
        200
    );
}

#[test]
fn methods_and_routes_decide_which_requests_run() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let routes = ["GET /orders/:id", "POST /orders", "/files/:path+"];
    let name = upload_with(
        &server,
        "export default (input) => input.params",
        &json!({ "enabled": true, "methods": ["GET", "POST", "PUT"], "routes": routes }),
    );
    let send = |method, path: &str| call(&server, method, &format!("/f/{name}{path}"), "", b"");
    assert_eq!(send("GET", "/orders/a%2Fb").json(), json!({ "id": "a/b" }));
    assert_eq!(send("PUT", "/files/a/b").json(), json!({ "path": "a/b" }));
    assert_eq!(send("HEAD", "/orders/7").status, 200);
    let wrong = send("PUT", "/orders/7");
    assert_eq!(
        (wrong.status, wrong.header("allow")),
        (405, Some("GET, HEAD"))
    );
    let wrong = send("DELETE", "/files/a");
    assert_eq!(
        (wrong.status, wrong.header("allow")),
        (405, Some("GET, HEAD, POST, PUT"))
    );
    let missing = send("GET", "/customers");
    assert_eq!(
        (missing.status, &missing.json()["code"]),
        (404, &json!("not_found"))
    );

    let function = json!({
        "name": "conflict", "description": "d", "code": ECHO,
        "config": { "http": { "enabled": true, "routes": ["GET /a/:b", "GET /a/:c"] } },
    });
    let (status, answer) = server.send("POST", "/api/functions", &function.to_string());
    assert_eq!(status, 400);
    assert!(answer.contains("conflicts with GET /a/:b"), "{answer}");
}

#[test]
fn a_body_over_the_limit_is_a_413_however_it_is_sent() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let code =
        "export default async (request) => new Response(String((await request.text()).length))";
    let name = upload_with(
        &server,
        code,
        &json!({ "enabled": true, "maxBody": 100_000 }),
    );
    let path = format!("/f/{name}");
    let fits = call(&server, "POST", &path, "", &vec![b'x'; 100_000]);
    assert_eq!(fits.text(), "100000");
    let announced = call(&server, "POST", &path, "", &vec![b'x'; 100_001]);
    assert_eq!(announced.status, 413);
    let mut client = Client::connect(server.address());
    let head = "POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.write(head.replace("{path}", &path));
    client.write(format!("186a1\r\n{}\r\n0\r\n\r\n", "x".repeat(100_001)));
    assert_eq!(client.response(false).status, 413);
}

#[test]
fn a_key_is_needed_unless_the_function_is_public_and_does_not_reach_the_code() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let code = "export default { fetch: (request) => Response.json(request.headers.get('authorization')) }";
    let (public, private) = (
        upload(&server, code),
        upload_with(&server, code, &json!({ "enabled": true })),
    );
    let key = |role: &str| {
        let body = json!({ "name": role, "role": role }).to_string();
        let (status, answer) = server.send("POST", "/api/keys", &body);
        assert_eq!(status, 201, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["key"].as_str().unwrap().to_owned()
    };
    let admin = key("admin");
    let bearer = format!("Authorization: Bearer {admin}\r\n");
    let send =
        |name: &str, headers: &str| call(&server, "GET", &format!("/f/{name}"), headers, b"");
    assert_eq!(send(&private, "").status, 401);
    assert_eq!(
        send(&private, "Authorization: Bearer wrong\r\n").status,
        401
    );
    assert_eq!(send(&private, &bearer).text(), "null");
    let theirs = "Authorization: Basic dTpw\r\n";
    assert_eq!(send(&public, theirs).json(), "Basic dTpw");
    assert_eq!(send(&public, "").status, 200);
}

#[test]
fn failures_are_told_to_the_public_without_their_message_and_never_with_a_stack() {
    in_both(|server| {
        let code = "export default async ({ path }) => {
            if (path === '/loop') for (;;);
            if (path === '/status') return new Response('', { status: 200, headers: {} }).json();
            throw new Error('secret');
        }";
        let public = json!({ "enabled": true, "auth": "public", "timeout": 200 });
        let private = json!({ "enabled": true });
        let (public, private) = (
            upload_with(server, code, &public),
            upload_with(server, code, &private),
        );
        let failed = call(server, "GET", &format!("/f/{public}"), "", b"");
        let id = failed.header("x-execution-id").unwrap().to_owned();
        assert_eq!(failed.status, 500);
        let expected =
            json!({ "error": "the function failed", "code": "function_error", "executionId": id });
        assert_eq!(failed.json(), expected);
        let error = execution_of(server, &failed)["error"].to_string();
        assert!(error.contains("secret"), "{error}");
        let failed = call(server, "GET", &format!("/f/{private}"), "", b"");
        assert_eq!(failed.json()["error"], "Error: secret");
        assert_eq!(failed.json().get("stack"), None);
        let slow = call(server, "GET", &format!("/f/{public}/loop"), "", b"");
        assert_eq!(
            (slow.status, &slow.json()["code"]),
            (504, &json!("timeout"))
        );
    });
}

#[test]
fn browsers_of_allowed_origins_may_read_responses_and_preflights_run_nothing() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let cors = json!({ "origins": ["https://a.example"], "exposeHeaders": ["x-b"], "credentials": true, "maxAge": 60 });
    let http =
        json!({ "enabled": true, "auth": "public", "methods": ["GET", "PUT"], "cors": cors });
    let name = upload_with(&server, ECHO, &http);
    let path = format!("/f/{name}");
    let preflight = "Origin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a\r\n";
    let answer = call(&server, "OPTIONS", &path, preflight, b"");
    assert_eq!(answer.status, 204);
    for (header, expected) in [
        ("access-control-allow-origin", "https://a.example"),
        ("access-control-allow-methods", "GET, PUT"),
        ("access-control-allow-headers", "x-a"),
        ("access-control-allow-credentials", "true"),
        ("access-control-max-age", "60"),
        ("vary", "origin"),
    ] {
        assert_eq!(answer.header(header), Some(expected), "{header}");
    }
    let foreign = preflight.replace("a.example", "b.example");
    let answer = call(&server, "OPTIONS", &path, &foreign, b"");
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(get(&server, "/api/executions")["executions"], json!([]));

    let answer = call(&server, "GET", &path, "Origin: https://a.example\r\n", b"");
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://a.example")
    );
    assert_eq!(answer.header("access-control-expose-headers"), Some("x-b"));
    let refused = call(&server, "POST", &path, "Origin: https://a.example\r\n", b"");
    assert_eq!(refused.status, 405);
    assert_eq!(
        refused.header("access-control-allow-origin"),
        Some("https://a.example")
    );
}

#[test]
fn a_function_has_a_host_name_below_the_domain_of_functions() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &["--functions-domain", "fn.example"]);
    let name = upload(&server, ECHO);
    let by_host = call(
        &server,
        "GET",
        "/a?b",
        &format!("Host: {name}.FN.example:8080\r\n"),
        b"",
    );
    assert_eq!(by_host.text(), format!("http://{name}.fn.example:8080/a?b"));
    assert_eq!(by_host.header("content-security-policy"), None);
    let by_path = call(&server, "GET", &format!("/f/{name}/a"), "", b"");
    assert_eq!(by_path.text(), "http://localhost/a");
    let sandbox = by_path.header("content-security-policy").unwrap();
    assert!(
        sandbox.starts_with("sandbox ") && !sandbox.contains("same-origin"),
        "{sandbox}"
    );
    let unknown = call(&server, "GET", "/", "Host: unknown.fn.example\r\n", b"");
    assert_eq!(unknown.status, 404);
    assert_eq!(call(&server, "GET", "/healthz", "", b"").status, 200);
}

#[test]
fn a_response_tells_its_execution_and_how_long_its_parts_took() {
    in_both(|server| {
        let name = upload(server, ECHO);
        let answer = call(server, "GET", &format!("/f/{name}"), "", b"");
        let timing = answer.header("server-timing").unwrap();
        let parts: Vec<_> = timing
            .split(", ")
            .map(|part| part.split(';').next().unwrap())
            .collect();
        assert_eq!(parts, ["queue", "start", "run", "commit"], "{timing}");
        assert_eq!(execution_of(server, &answer)["status"], "completed");
    });
}

#[test]
fn requests_that_two_servers_could_read_in_two_ways_never_reach_a_function() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let name = upload(&server, ECHO);
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "X-A: b\r\n c\r\n",
        "Content-Length: +5\r\n",
        "Host: b\r\n",
    ] {
        let mut client = Client::connect(server.address());
        client.write(format!(
            "POST /f/{name} HTTP/1.1\r\nHost: a\r\n{fields}\r\n0\r\n\r\n"
        ));
        assert_eq!(client.head().status, 400, "{fields}");
    }
    assert_eq!(get(&server, "/api/executions")["executions"], json!([]));
}

#[test]
fn a_request_that_the_queue_has_no_room_for_is_503_and_says_when_to_try_again() {
    let folder = TempDir::new().unwrap();
    let args = [
        "--max-instances",
        "1",
        "--queue-capacity",
        "1",
        "--queue-share",
        "1",
    ];
    let server = Server::start(folder.path(), &args);
    let name = upload(&server, "export default { fetch() { for (;;); } }");
    let send = |metric: &str| {
        let mut client = Client::connect(server.address());
        client.send("GET", &format!("/f/{name}"), "", b"");
        wait_for(metric, || {
            let (_, metrics) = server.send("GET", "/metrics", "");
            metrics.contains(metric).then_some(())
        });
        client
    };
    let _running = send("faas_running 1\n");
    let _queued = send("faas_queue_depth 1\n");
    let refused = call(&server, "GET", &format!("/f/{name}"), "", b"");
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.json()["code"], "over_capacity");
}
