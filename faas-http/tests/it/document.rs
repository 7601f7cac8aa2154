//! The OpenAPI document and its page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use reqwest::header::ALLOW;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::schema::Document;
use crate::server::{Server, answer, start, start_guarded, text};

/// Set to anything, it has the test below write the file: `make openapi`.
const REGENERATE: &str = "REGENERATE_OPENAPI";

#[tokio::test]
async fn the_committed_document_is_the_one_that_is_served() {
    let server = start().await;
    let response = server.request(Method::GET, "/openapi.json").send().await;
    let served = response.unwrap().text().await.unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/openapi.json");
    if std::env::var_os(REGENERATE).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &served).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == served,
        "web/openapi.json is not what is served: run `make openapi` and commit it"
    );
}

#[tokio::test]
async fn each_path_has_exactly_the_methods_of_the_document() {
    let server = start().await;
    let document = Document::of(&server).await;
    let mut described: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (path, method, _) in document.operations() {
        let methods = described.entry(path).or_default();
        methods.insert(method.to_uppercase());
        if method == "get" {
            methods.insert("HEAD".to_owned());
        }
    }
    assert!(described.len() > 25, "{described:?}");
    for (template, methods) in described {
        let path = template
            .replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057")
            .replace("{name}", "f");
        let mut spellings = vec![path.clone()];
        if path.starts_with("/api/") {
            spellings.push(path + "/");
        }
        for path in spellings {
            let response = server.request(Method::PATCH, &path).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
            let allowed = response.headers()[ALLOW].to_str().unwrap();
            let allowed: BTreeSet<_> = allowed.split(',').map(str::to_owned).collect();
            assert_eq!(allowed, methods, "{path}");
        }
    }
}

#[test]
fn a_route_of_the_api_can_only_be_added_together_with_its_description() {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let code = source.lines().map(str::trim_start);
            let code: String = code.filter(|line| !line.starts_with("//")).collect();
            let adds = [".route(", ".nest(", ".route_service("];
            let adds = adds.iter().any(|add| code.contains(add));
            // Functions decide what is below `/f`, and another protocol what is at `/mcp`: they are no
            // part of the API.
            let may = ["src/routing.rs", "src/functions/mod.rs", "src/mcp/mod.rs"];
            let may = may.iter().any(|file| path.ends_with(file));
            assert_eq!(adds, may, "{}", path.display());
            read += 1;
        }
    }
    assert!(read > 20);
}

#[tokio::test]
async fn every_operation_is_named_grouped_and_explained() {
    let server = start().await;
    let document = Document::of(&server).await;
    let tags = document.json()["tags"].as_array().unwrap();
    let tags: BTreeSet<_> = tags.iter().map(|tag| text(&tag["name"])).collect();
    let mut ids = BTreeSet::new();
    let mut used = BTreeSet::new();
    for (path, method, operation) in document.operations() {
        let id = text(&operation["operationId"]);
        assert!(ids.insert(id.clone()), "{id} twice");
        assert!(!text(&operation["summary"]).is_empty(), "{method} {path}");
        used.insert(text(&operation["tags"][0]));
        let named = operation["parameters"].as_array().into_iter().flatten();
        let named = named.filter(|parameter| parameter["in"] == "path").count();
        assert_eq!(named, path.matches('{').count(), "{method} {path}");
    }
    assert_eq!(used, tags);
}

#[tokio::test]
async fn every_reference_of_the_document_resolves_and_every_schema_is_used() {
    let server = start().await;
    let document = Document::of(&server).await;
    let all = document.json().to_string();
    let mut used = BTreeSet::new();
    for rest in all.split(r##""#/components/schemas/"##).skip(1) {
        used.insert(rest.split('"').next().unwrap());
    }
    let schemas = document.json()["components"]["schemas"].as_object();
    let there: BTreeSet<_> = schemas.unwrap().keys().map(String::as_str).collect();
    assert_eq!(used, there);
}

#[tokio::test]
async fn every_member_of_request_bodies_is_described() {
    let server = start().await;
    let document = Document::of(&server).await;
    let schemas = &document.json()["components"]["schemas"];
    let named = |schema: &str| -> BTreeSet<String> {
        let members = schemas[schema]["properties"].as_object().unwrap();
        members.keys().cloned().collect()
    };
    // What is refused says what is known.
    let known = |(status, body): (StatusCode, Value)| -> BTreeSet<String> {
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        let message = text(&body["error"]);
        let (_, known) = message.split_once("known members are ").unwrap();
        known.split(", ").map(str::to_owned).collect()
    };
    let config = json!({"name": "f", "description": "d", "code": "echo", "config": {"xyzzy": 1}});
    let refused = server.post("/api/functions", config).await;
    assert_eq!(known(refused), named("NewConfig"));
    let refused = server.post("/api/load-tests", json!({"xyzzy": 1})).await;
    assert_eq!(known(refused), named("NewLoadTest"));
}

#[tokio::test]
async fn responses_match_the_openapi_document() {
    let (server, _access) = start_guarded(|_| {}).await;
    let mut document = Document::of(&server).await;
    let functions = "/api/functions";
    let new = |name: &str, code: &str| json!({"name": name, "description": "d", "code": code});
    let call = Call {
        server: &server,
        document: &mut document,
    };
    let mut call = call;
    let created = call.post(functions, new("f", "log")).await;
    let id = text(&created["_id"]);
    let wrong = call.post(functions, new("bad", "bad")).await;
    assert_eq!(wrong["details"]["line"], 2);
    call.post(functions, new("f", "echo")).await;
    call.get(functions).await;
    let one = "/api/functions/{id}";
    call.get_one(one, &id).await;
    let change = json!({"config": {"retryCount": 0, "concurrency": 1, "memory": 64,
        "bindings": ["stock"], "env": {"A": "1"}}});
    call.at(Method::PUT, one, &id, change).await;
    let secret = json!({"config": {"secrets": {"B": "2"}}});
    let there = call.at(Method::PUT, one, &id, secret).await;
    assert_eq!(there["config"]["secrets"][0]["name"], "B");
    let check = "/api/functions/{id}/egress/check";
    for url in [json!("https://example.com"), json!(1)] {
        call.at(Method::POST, check, &id, json!({ "url": url }))
            .await;
    }
    let execute = "/api/functions/{id}/execute";
    let invoke = "/api/functions/{id}/invoke";
    let accepted = call
        .at(Method::POST, execute, &id, json!({"input": {"a": 1}}))
        .await;
    let execution = text(&accepted["executionId"]);
    server.ended(&execution).await;
    let batch = json!({"executions": [{"input": 1}, {"idempotencyKey": "k", "delay": "1h"}]});
    let path = "/api/functions/{id}/execute/batch";
    call.at(Method::POST, path, &id, batch).await;
    call.at(Method::POST, invoke, &id, json!({"a": 1})).await;

    let host = call.post(functions, new("host", "host count")).await;
    let ended = server.execute(&text(&host["_id"]), json!(1)).await;
    assert_eq!(ended["hostCallCount"], 1);
    call.get_one("/api/executions/{id}", &text(&ended["_id"]))
        .await;

    let throws = call.post(functions, new("throws", "throw")).await;
    let throws = text(&throws["_id"]);
    call.at(Method::POST, invoke, &throws, json!({})).await;
    let failed = server.execute(&throws, json!(1)).await;
    let failed = text(&failed["_id"]);
    call.at(
        Method::POST,
        "/api/executions/{id}/retry",
        &failed,
        Value::Null,
    )
    .await;
    let cancel = "/api/executions/{id}/cancel";
    call.at(Method::POST, cancel, &failed, Value::Null).await;
    let waits = call.post(functions, new("waits", "wait")).await;
    let waits = text(&waits["_id"]);
    let waiting = call.at(Method::POST, execute, &waits, Value::Null).await;
    let waiting = text(&waiting["executionId"]);
    call.at(Method::POST, cancel, &waiting, Value::Null).await;

    for id in [&execution, &failed] {
        call.get_one("/api/executions/{id}", id).await;
    }
    for id in [&id, &throws] {
        call.get_one("/api/functions/{id}/logs", id).await;
    }
    call.get_with("/api/executions", "?limit=1").await;

    let tests = "/api/load-tests";
    let test = json!({"functionId": throws, "durationSeconds": 1, "rate": 20});
    call.post("/api/load-tests/estimate", test.clone()).await;
    let started = call.post(tests, test.clone()).await;
    let running = call.post(tests, test).await;
    assert_eq!(running["code"], "load_test_running");
    let test = text(&started["_id"]);
    call.at(Method::DELETE, "/api/load-tests/{id}", &test, Value::Null)
        .await;
    server.tested(&test).await;
    call.get_one("/api/load-tests/{id}", &test).await;
    call.get(tests).await;

    for path in [
        "/api/metrics",
        "/api/metrics/executions/history",
        "/api/metrics/scaling/history",
        "/api/metrics/scaling-history",
        "/api/costs/pricing",
        "/api/costs/system",
        "/api/costs/trends",
        "/api/costs/breakdown",
        "/api/costs/executions",
        "/api/samples",
        "/healthz",
        "/readyz",
    ] {
        call.get(path).await;
    }
    call.post("/api/run", json!({"code": "log", "input": [1]}))
        .await;
    call.post("/api/run", json!({"code": "throw", "kv": true}))
        .await;
    call.sessions().await;
    call.get_one("/api/costs/function/{id}", &id).await;
    let estimate = json!({"functionId": id, "input": [1]});
    call.post("/api/costs/estimate", estimate).await;
    call.post("/api/costs/estimate", json!({"functionId": "x"}))
        .await;
    call.get_with("/api/costs/system", "?startDate=x").await;
    for unknown in [
        one,
        "/api/executions/{id}",
        "/api/load-tests/{id}",
        "/api/costs/function/{id}",
    ] {
        call.get_one(unknown, "x").await;
    }
    call.versions(&id).await;
    call.schedules(&id).await;
    call.at(Method::DELETE, one, &id, Value::Null).await;

    call.namespaces().await;
    call.get("/api/session").await;
    call.get("/api/keys").await;
    call.get_with("/api/audit", "?limit=1").await;
    call.get_with("/api/audit", "?cursor=x").await;
    let keys = "/api/keys";
    call.post(keys, json!({"name": "me", "role": "boss"})).await;
    let made = call.post(keys, json!({"name": "me", "role": "admin"}));
    let key = text(&made.await["key"]);
    call.get("/api/session").await;
    server.key.set(key).unwrap();
    call.get("/api/session").await;
    let end = json!({"name": "ci", "role": "reader", "expiresAt": "9999-12-31T00:00:00Z"});
    call.post(keys, end.clone()).await;
    let reader = text(&call.get(keys).await[0]["_id"]);
    call.post(keys, end).await;
    let revoke = "/api/keys/{id}";
    for id in [&reader, &reader, "x"] {
        call.at(Method::DELETE, revoke, id, Value::Null).await;
    }
    call.get("/api/audit").await;
    // These are no JSON, or the document itself.
    let unseen = [
        "readValue",
        "getTypes",
        "getDocs",
        "getPrometheusMetrics",
        "getDocument",
    ];
    let mut never = document.unseen();
    // The same handlers by name: `names` calls them.
    never.retain(|id| !id.ends_with("ByName"));
    assert_eq!(never, unseen);
}

/// Calls that are held against the document.
struct Call<'a> {
    server: &'a Server,
    document: &'a mut Document,
}

impl Call<'_> {
    async fn sessions(&mut self) {
        let all = "/api/sessions";
        let session = text(&self.post(all, json!({"lease": 1000})).await["_id"]);
        self.post(all, json!({"lease": 0})).await;
        self.get(all).await;
        let (one, run) = ("/api/sessions/{id}", "/api/sessions/{id}/run");
        for (id, code) in [(&*session, "log"), (&*session, ""), ("x", "log")] {
            self.at(Method::POST, run, id, json!({"code": code})).await;
            self.get_one(one, id).await;
        }
        for _ in 0..2 {
            self.at(Method::DELETE, one, &session, Value::Null).await;
        }
    }

    async fn at(&mut self, method: Method, template: &str, id: &str, body: Value) -> Value {
        let path = template.replace("{id}", id);
        let call = self
            .document
            .call(self.server, method, (template, &path), body);
        call.await.1
    }

    async fn schedules(&mut self, function: &str) {
        let of_function = "/api/functions/{id}/schedules";
        let one = "/api/schedules/{id}";
        let new = json!({"name": "daily", "cron": "0 9 * * *", "timeZone": "Europe/Berlin"});
        let made = self.at(Method::POST, of_function, function, new.clone());
        let id = text(&made.await["_id"]);
        self.at(Method::POST, of_function, function, new).await;
        let both = json!({"name": "b", "every": "1h", "at": "2999-01-01T00:00:00Z"});
        self.at(Method::POST, of_function, function, both).await;
        self.get_one(of_function, function).await;
        self.get_with("/api/schedules", "?limit=1").await;
        self.post("/api/schedules/preview", json!({"every": "5m"}))
            .await;
        self.post("/api/schedules/preview", json!({"cron": "x"}))
            .await;
        for change in [
            json!({"every": "2h", "input": {"a": 1}, "missed": "all"}),
            json!({"at": "2999-01-01T00:00:00Z", "input": null, "alias": null}),
        ] {
            self.at(Method::PUT, one, &id, change).await;
        }
        for step in ["pause", "resume", "fire"] {
            let path = format!("{one}/{step}");
            self.at(Method::POST, &path, &id, Value::Null).await;
        }
        self.get_one(one, &id).await;
        self.at(Method::DELETE, one, &id, Value::Null).await;
        self.get_one(one, &id).await;
    }

    async fn get(&mut self, path: &str) -> Value {
        self.get_with(path, "").await
    }

    async fn get_one(&mut self, template: &str, id: &str) -> Value {
        self.at(Method::GET, template, id, Value::Null).await
    }

    async fn get_with(&mut self, path: &str, query: &str) -> Value {
        let full = format!("{path}{query}");
        let call = self
            .document
            .call(self.server, Method::GET, (path, &full), Value::Null);
        call.await.1
    }

    /// Calls the routes of keys and values.
    async fn namespaces(&mut self) {
        let value = "/api/kv/{namespace}/values/{key}";
        let keys = "/api/kv/{namespace}/keys";
        let namespace = "/api/kv/{namespace}";
        for (method, template, path) in [
            (Method::PUT, value, "/api/kv/a/values/k?ttl=60&metadata=[1]"),
            (Method::PUT, value, "/api/kv/a/values/l"),
            (Method::PUT, value, "/api/kv/a/values/l?ttl=x"),
            (Method::GET, value, "/api/kv/a/values/none"),
            (Method::GET, value, "/api/kv/a%20b/values/none"),
            (Method::GET, keys, "/api/kv/a/keys"),
            (Method::GET, keys, "/api/kv/a/keys?limit=1"),
            (Method::GET, keys, "/api/kv/a/keys?limit=0"),
            (Method::GET, "/api/kv", "/api/kv"),
            (Method::GET, "/api/kv", "/api/kv?limit=1"),
            (Method::DELETE, value, "/api/kv/a/values/k"),
            (Method::DELETE, namespace, "/api/kv/a"),
        ] {
            let body = if method == Method::PUT {
                json!("value")
            } else {
                Value::Null
            };
            self.document
                .call(self.server, method, (template, path), body)
                .await;
        }
    }

    /// Calls the routes of versions and aliases of a function.
    async fn versions(&mut self, id: &str) {
        let version = "/api/functions/{id}/versions/{version}";
        let alias = "/api/functions/{id}/aliases/{alias}";
        let canary = json!({"steps": [1], "every": "1h", "rollbackIf": {"errorRate": 0.5}});
        self.get_one("/api/functions/{id}/versions", id).await;
        self.get_one("/api/functions/{id}/versions", "x").await;
        for (method, template, last, body) in [
            (Method::GET, version, "1", Value::Null),
            (Method::GET, version, "999", Value::Null),
            (
                Method::PUT,
                alias,
                "old",
                json!({"weights": {"1": 90, "2": 10}}),
            ),
            (
                Method::PUT,
                alias,
                "old",
                json!({"version": 2, "canary": canary}),
            ),
            (Method::PUT, alias, "old", json!({"version": 999})),
            (Method::PUT, alias, "old", json!({})),
            (Method::DELETE, alias, "old", Value::Null),
            (Method::DELETE, alias, "old", Value::Null),
        ] {
            let path = template.replace("{id}", id);
            let path = path.replace("{version}", last).replace("{alias}", last);
            self.document
                .call(self.server, method, (template, &path), body)
                .await;
        }
        self.get_one("/api/functions/{id}/versions", id).await;
    }

    async fn post(&mut self, path: &str, body: Value) -> Value {
        self.at(Method::POST, path, "", body).await
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_other_hosts() {
    let server = start().await;
    let response = server.request(Method::GET, "/docs").send().await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/html; charset=utf-8"
    );
    let page = response.text().await.unwrap();
    assert!(page.contains(r#"fetch("openapi.json")"#));
    for elsewhere in ["http:", "https:", "//cdn", "@import", " src="] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    let (status, _) = answer(server.request(Method::GET, "/openapi.json")).await;
    assert_eq!(status, StatusCode::OK);
}
