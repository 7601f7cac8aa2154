//! Bodies in pieces, clients that go away, and work after the response.

use serde_json::json;

use super::*;

#[test]
fn a_stream_goes_out_as_it_is_made_and_its_record_has_size_and_hash() {
    in_both(|server| {
        // The second event is made only when the test has seen the first.
        let gate = upload(
            server,
            "let open = false;
             export default { async fetch(request) {
                if (new URL(request.url).pathname === '/open') { globalThis.opened = true; return new Response('ok'); }
                const encoder = new TextEncoder();
                let step = 0;
                const body = new ReadableStream({ async pull(controller) {
                    if (step++ === 0) return controller.enqueue(encoder.encode('data: one\\n\\n'));
                    await new Promise((resolve) => setTimeout(resolve, 1));
                    controller.enqueue(encoder.encode('data: two\\n\\n'));
                    controller.close();
                } });
                return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
             } };",
        );
        let mut client = Client::connect(server.address());
        client.send("GET", &format!("/f/{gate}"), "", b"");
        let head = client.head();
        assert_eq!(
            (head.status, head.header("transfer-encoding")),
            (200, Some("chunked"))
        );
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        let timing = head.header("server-timing").unwrap();
        assert!(
            timing.contains("run;") && !timing.contains("commit"),
            "{timing}"
        );
        assert_eq!(client.chunk().unwrap(), b"data: one\n\n");
        assert_eq!(client.chunk().unwrap(), b"data: two\n\n");
        assert_eq!(client.chunk().unwrap(), b"");
        let execution = execution_of(server, &head);
        assert_eq!(execution["status"], "completed", "{execution}");
        let output = &execution["output"];
        assert_eq!(output["body"], "data: one\n\ndata: two\n\n");
        assert_eq!(output["bytes"], 22);
        assert_eq!(output["sha256"].as_str().unwrap().len(), 64);
    });
}

#[test]
fn code_does_not_get_ahead_of_a_client_that_does_not_read() {
    in_both(|server| {
        let name = upload(
            server,
            "export default { fetch(request) {
                let made = 0;
                const body = new ReadableStream({
                    pull(controller) { made += 1; controller.enqueue(new Uint8Array(65536)); },
                    cancel() { console.log('made ' + made); },
                });
                return new Response(body);
            } };",
        );
        let mut client = Client::connect(server.address());
        client.send("GET", &format!("/f/{name}"), "", b"");
        let head = client.head();
        assert_eq!(client.chunk().unwrap().len(), 65_536);
        drop(client);
        let execution = execution_of(server, &head);
        assert_eq!(execution["status"], "failed", "{execution}");
        let error = execution["error"].to_string();
        assert!(
            error.contains("the client has closed the connection"),
            "{error}"
        );
    });
}

#[test]
fn a_stream_that_fails_ends_the_connection_and_its_execution_says_after_how_many_bytes() {
    in_both(|server| {
        let name = upload(
            server,
            "export default { fetch() {
                let step = 0;
                return new Response(new ReadableStream({ pull(controller) {
                    if (step++ === 0) controller.enqueue(new TextEncoder().encode('begins'));
                    else controller.error(new Error('torn'));
                } }));
            } };",
        );
        let mut client = Client::connect(server.address());
        client.send("GET", &format!("/f/{name}"), "", b"");
        let head = client.head();
        assert_eq!(client.chunk().unwrap(), b"begins");
        assert_eq!(client.chunk(), None);
        let execution = execution_of(server, &head);
        let error = execution["error"].to_string();
        assert!(
            error.contains("the response ended early, after 6 bytes: Error: torn"),
            "{error}"
        );
        let output = &execution["output"];
        assert_eq!(output["body"], "begins", "{execution}");
        assert_eq!(output["incomplete"], true);
    });
}

#[test]
fn a_client_that_goes_away_ends_the_execution() {
    in_both(|server| {
        let name = upload(
            server,
            "export default { async fetch() { console.log('begun'); await new Promise((resolve) => setTimeout(resolve, 25000)); return new Response('late'); } };",
        );
        let mut client = Client::connect(server.address());
        client.send("GET", &format!("/f/{name}"), "", b"");
        let id = wait_for("a running execution", || {
            let page = get(server, "/api/executions?status=running");
            Some(page["executions"][0]["_id"].as_str()?.to_owned())
        });
        drop(client);
        let execution = ended(server, &id);
        assert_eq!(execution["status"], "failed");
        let error = execution["error"].to_string();
        assert!(
            error.contains("the client has closed the connection"),
            "{error}"
        );
    });
}

#[test]
fn code_that_watches_its_client_hears_of_the_end_and_may_finish() {
    in_both(|server| {
        let name = upload(
            server,
            "export default { fetch({ signal }) {
                return new Promise((resolve) => {
                    const timer = setTimeout(() => {}, 25000);
                    signal.addEventListener('abort', () => {
                        console.log('left: ' + signal.reason.name);
                        clearTimeout(timer);
                        resolve(new Response('nobody reads this'));
                    });
                });
            } };",
        );
        let mut client = Client::connect(server.address());
        client.send("GET", &format!("/f/{name}"), "", b"");
        let id = wait_for("a running execution", || {
            let page = get(server, "/api/executions?status=running");
            Some(page["executions"][0]["_id"].as_str()?.to_owned())
        });
        // The call must have begun to wait for its client.
        wait_for("a waiting execution", || {
            let (_, metrics) = server.send("GET", "/metrics", "");
            metrics.contains("faas_waiting 1\n").then_some(())
        });
        drop(client);
        let execution = ended(server, &id);
        assert_eq!(execution["status"], "completed", "{execution}");
        let (_, logs) = server.send("GET", &format!("/api/executions/{id}"), "");
        assert!(logs.contains("left: AbortError"), "{logs}");
    });
}

#[test]
fn a_long_body_is_read_as_it_comes() {
    in_both(|server| {
        let name = upload_with(
            server,
            "export default { async fetch(request) {
                const { pathname } = new URL(request.url);
                if (pathname === '/first') {
                    const reader = request.body.getReader();
                    const { value } = await reader.read();
                    return new Response('first ' + value.length);
                }
                let length = 0, sum = 0;
                for await (const piece of request.body) { length += piece.length; for (const byte of piece) sum += byte; }
                return Response.json([length, sum]);
            } };",
            &json!({ "enabled": true, "auth": "public", "maxBody": 10_000_000 }),
        );
        let long = vec![1; 3_000_000];
        let answer = call(server, "POST", &format!("/f/{name}"), "", &long);
        assert_eq!(answer.json(), json!([3_000_000, 3_000_000]));
        let execution = execution_of(server, &answer);
        assert_eq!(execution["input"]["bodyStream"], true);
        // The response comes although the rest of the body was never sent.
        let mut client = Client::connect(server.address());
        client.write(format!(
            "POST /f/{name}/first HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n"
        ));
        client.write(&long[..100_000]);
        assert!(client.response(false).text().starts_with("first "));

        let plain = upload(server, "export default (input) => input.items.length");
        let items = json!({ "items": vec!["0123456789"; 20_000] }).to_string();
        let json = "Content-Type: application/json\r\n";
        let answer = call(
            server,
            "POST",
            &format!("/f/{plain}"),
            json,
            items.as_bytes(),
        );
        assert_eq!(answer.text(), "20000");
    });
}

#[test]
fn a_body_is_asked_for_and_can_be_echoed_in_pieces() {
    in_both(|server| {
        let name = upload(
            server,
            "export default { async fetch(request) {
                const body = new URL(request.url).pathname === '/whole' ? await request.arrayBuffer() : request.body;
                return new Response(body, { headers: { 'x-echo': '1' } });
             } };",
        );
        let whole = format!("/f/{name}/whole");
        let mut client = Client::connect(server.address());
        client.write(format!(
            "POST {whole} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 200000\r\n\r\n"
        ));
        assert_eq!(client.head().status, 100);
        client.write(vec![b'x'; 200_000]);
        let answer = client.response(false);
        assert_eq!((answer.status, answer.body.len()), (200, 200_000));
        assert_eq!(answer.header("x-echo"), Some("1"));
        let answer = call(
            server,
            "POST",
            &format!("/f/{name}"),
            "",
            &vec![b'x'; 200_000],
        );
        assert_eq!((answer.status, answer.body.len()), (200, 200_000));
        assert_eq!(execution_of(server, &answer)["output"]["bytes"], 200_000);
    });
}

#[test]
fn work_of_wait_until_goes_on_after_the_response() {
    in_both(|server| {
        let name = upload(
            server,
            "export default { fetch(request, env, ctx) {
                ctx.waitUntil(new Promise((resolve) => setTimeout(() => { console.log('done later'); resolve(); }, 300)));
                return new Response('at once', { status: 201, headers: { 'x-a': 'b' } });
            } };",
        );
        let mut client = Client::connect(server.address());
        client.send("GET", &format!("/f/{name}"), "", b"");
        let answer = client.response(false);
        assert_eq!((answer.status, answer.text()), (201, "at once".to_owned()));
        assert_eq!(answer.header("content-length"), Some("7"));
        drop(client);
        let execution = execution_of(server, &answer);
        assert_eq!(execution["status"], "completed", "{execution}");
        assert_eq!(execution["output"]["body"], "at once");
        let id = execution["_id"].as_str().unwrap();
        let (_, logs) = server.send("GET", &format!("/api/executions/{id}"), "");
        assert!(logs.contains("done later"), "{logs}");
    });
}

#[test]
fn a_trace_goes_from_the_request_to_those_of_the_code() {
    for isolation in ["thread", "process"] {
        let folder = TempDir::new().unwrap();
        let any = Server::start(folder.path(), &["--store", "memory:"]);
        let echo = upload(
            &any,
            "export default { fetch: ({ headers }) => new Response(headers.get('traceparent')) }",
        );
        let port = any.address().rsplit(':').next().unwrap().to_owned();
        let args = [
            "--isolation",
            isolation,
            "--egress",
            "all",
            "--egress-port",
            &port,
        ];
        let server = Server::start(folder.path(), &args);
        let code = "export default { async fetch(request) {
            const url = 'http://ADDRESS/f/ECHO';
            const passed = await (await fetch(url)).text();
            const own = await (await fetch(url, { headers: { traceparent: 'own' } })).text();
            return Response.json([request.headers.get('traceparent'), passed, own]);
        } };";
        let code = code
            .replace("ADDRESS", any.address())
            .replace("ECHO", &echo);
        let name = upload(&server, &code);
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let answer = call(
            &server,
            "GET",
            &format!("/f/{name}"),
            &format!("traceparent: {trace}\r\n"),
            b"",
        );
        assert_eq!(answer.json(), json!([trace, trace, "own"]));
    }
}

#[test]
fn a_handler_for_node_servers_sends_each_piece_as_it_writes_it() {
    in_both(|server| {
        let name = upload(
            server,
            "module.exports = async (req, res) => {
                res.writeHead(200, { 'content-type': 'text/event-stream', 'x-a': ['1', '2'] });
                res.write('data: one\\n\\n');
                for await (const piece of req) res.write(piece);
                await new Promise((drained) => res.once('drain', drained));
                if (req.query.fails) throw new Error('torn');
                res.end('data: two\\n\\n');
             };",
        );
        let path = format!("/f/{name}");
        let mut client = Client::connect(server.address());
        client.send("POST", &path, "", b"middle");
        let head = client.head();
        assert_eq!(head.header("content-type"), Some("text/event-stream"));
        assert_eq!(head.all("x-a"), ["1", "2"]);
        let mut sent = Vec::new();
        while let Some(chunk) = client.chunk().filter(|chunk| !chunk.is_empty()) {
            sent.extend(chunk);
        }
        assert_eq!(sent, b"data: one\n\nmiddledata: two\n\n");
        let execution = execution_of(server, &head);
        assert_eq!(execution["status"], "completed", "{execution}");

        let mut client = Client::connect(server.address());
        client.send("POST", &format!("{path}?fails=1"), "", b"middle");
        let head = client.head();
        let execution = execution_of(server, &head);
        let error = execution["error"].to_string();
        assert!(error.contains("Error: torn"), "{error}");
    });
}
