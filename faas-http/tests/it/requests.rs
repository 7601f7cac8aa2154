//! What request bodies may contain: unknown members, loose values, forms.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, answer, start, start_guarded, text};

async fn refused(server: &Server, method: Method, path: &str, body: Value) -> String {
    let (status, answer) = server.send(method, path, body.clone()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {body}: {answer}");
    assert_eq!(answer["code"], "invalid_request");
    text(&answer["error"])
}

async fn form(server: &Server, method: Method, path: &str, body: &str) -> (StatusCode, Value) {
    let request = server
        .request(method, path)
        .header(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        )
        .body(body.to_owned());
    answer(request).await
}

#[tokio::test]
async fn an_unknown_member_of_any_body_is_refused_with_the_nearest_known_one() {
    let (server, _access) = start_guarded(|_| {}).await;
    let id = server.upload("f", "echo").await;
    let function = format!("/api/functions/{id}");
    let execute = format!("{function}/execute");
    let new = |member: &str, value: Value| {
        let mut new = json!({"name": "g", "description": "d", "code": "echo"});
        new[member] = value;
        new
    };
    for (method, path, body, expected) in [
        (
            Method::POST,
            "/api/functions",
            new("configg", json!({})),
            r#"unknown member "configg": did you mean "config"?"#,
        ),
        (
            Method::POST,
            "/api/functions",
            new("timeout", json!(5)),
            r#"unknown member "timeout": "timeout" belongs in "config""#,
        ),
        (
            Method::POST,
            "/api/functions",
            new("config", json!({"retrycount": 1})),
            r#"unknown member "config.retrycount": did you mean "config.retryCount"?"#,
        ),
        (
            Method::PUT,
            &function,
            json!({"retryCount": 1}),
            r#"unknown member "retryCount": "retryCount" belongs in "config""#,
        ),
        (
            Method::PUT,
            &function,
            json!({"stauts": "inactive"}),
            r#"unknown member "stauts": did you mean "status"?"#,
        ),
        (
            Method::POST,
            &execute,
            json!({"inputt": 1}),
            r#"unknown member "inputt": did you mean "input"?"#,
        ),
        (
            Method::POST,
            "/api/costs/estimate",
            json!({"functionId": id, "duration": 5}),
            r#"unknown member "duration": did you mean "estimatedDuration"?"#,
        ),
        (
            Method::POST,
            "/api/load-tests",
            json!({"functionId": id, "durationseconds": 5}),
            r#"unknown member "durationseconds": did you mean "durationSeconds"?"#,
        ),
        (
            Method::POST,
            "/api/load-tests/estimate",
            json!({"function": id}),
            r#"unknown member "function": did you mean "functionId"?"#,
        ),
        (
            Method::POST,
            "/api/keys",
            json!({"name": "a", "role": "admin", "expires": "2030-01-01"}),
            r#"unknown member "expires": did you mean "expiresAt"?"#,
        ),
    ] {
        assert_eq!(refused(&server, method, path, body).await, expected);
    }
    assert_eq!(server.get(&function).await["version"], 1);
}

#[tokio::test]
async fn null_in_a_configuration_is_the_default_when_a_function_is_made_and_changed() {
    let server = start().await;
    let nothing = json!({"timeout": null, "retryCount": null, "concurrency": null});
    let new = json!({"name": "f", "description": "d", "code": "echo", "config": nothing});
    let (status, function) = server.post("/api/functions", new).await;
    assert_eq!(status, StatusCode::CREATED, "{function}");
    let default = &function["config"];
    assert_eq!(
        (&default["timeout"], &default["retryCount"]),
        (&json!(30_000), &json!(3))
    );

    let path = format!("/api/functions/{}", text(&function["_id"]));
    let change = json!({"config": {"timeout": 5, "retryCount": 0, "concurrency": 1}});
    let (_, changed) = server.send(Method::PUT, &path, change).await;
    assert_eq!(changed["config"]["timeout"], 5);
    let change = json!({"config": {"timeout": null, "concurrency": null}});
    let (_, changed) = server.send(Method::PUT, &path, change).await;
    let config = &changed["config"];
    assert_eq!(
        (
            &config["timeout"],
            &config["retryCount"],
            &config["concurrency"]
        ),
        (&json!(30_000), &json!(0), &Value::Null)
    );
}

#[tokio::test]
async fn a_function_can_be_sent_back_as_it_was_read() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let path = format!("/api/functions/{id}");
    let mut function = server.get(&path).await;
    function["description"] = json!("changed");
    function["version"] = json!(9);
    let (status, changed) = server.send(Method::PUT, &path, function).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(
        (&changed["description"], &changed["version"]),
        (&json!("changed"), &json!(1))
    );
}

#[tokio::test]
async fn names_are_trimmed_and_names_that_show_nothing_are_refused() {
    let server = start().await;
    let new = |name: &str| json!({"name": name, "description": "d", "code": "echo"});
    let (_, function) = server.post("/api/functions", new("  spaced out \t")).await;
    assert_eq!(function["name"], "spaced out");
    let (status, _) = server.post("/api/functions", new("spaced out")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    for invisible in [
        "\u{200b}",
        "\u{200b}\u{feff} \u{2060}",
        "\u{ad}\u{3164}",
        "\u{7}",
    ] {
        let message = refused(&server, Method::POST, "/api/functions", new(invisible)).await;
        assert!(message.starts_with("name "), "{message}");
    }
    // Zero-width characters join letters and emojis in names that do show something.
    for visible in ["\u{1f468}\u{200d}\u{1f469}", "नम\u{200d}स्ते", "e\u{301}"] {
        let (status, function) = server.post("/api/functions", new(visible)).await;
        assert_eq!(
            (status, &function["name"]),
            (StatusCode::CREATED, &json!(visible))
        );
    }
}

#[tokio::test]
async fn a_conflict_of_names_has_the_id_of_the_function_with_the_name() {
    let server = start().await;
    let first = server.upload("one", "echo").await;
    let other = server.upload("two", "echo").await;
    let again = json!({"name": " one ", "description": "d", "code": "echo"});
    let rename = json!({"name": "one"});
    let path = format!("/api/functions/{other}");
    for (status, body) in [
        server.post("/api/functions", again).await,
        server.send(Method::PUT, &path, rename).await,
    ] {
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::CONFLICT, &json!("conflict"))
        );
        assert_eq!(body["details"], json!({"functionId": first}));
    }
}

#[tokio::test]
async fn flat_fields_may_come_as_a_form() {
    let server = start().await;
    let body = "name=My+function&description=say%3A+%C3%BC&code=echo";
    let (status, function) = form(&server, Method::POST, "/api/functions", body).await;
    assert_eq!(status, StatusCode::CREATED, "{function}");
    assert_eq!(function["name"], "My function");
    assert_eq!(function["description"], "say: ü");
    let path = format!("/api/functions/{}", text(&function["_id"]));
    let (status, changed) = form(&server, Method::PUT, &path, "status=inactive").await;
    assert_eq!(
        (status, &changed["status"]),
        (StatusCode::OK, &json!("inactive"))
    );
    form(&server, Method::PUT, &path, "status=active").await;
    let (status, accepted) =
        form(&server, Method::POST, &format!("{path}/execute"), "input=5").await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let execution = server.ended(&text(&accepted["executionId"])).await;
    assert_eq!(execution["input"], "5", "the fields of a form are texts");
    let estimate = format!(
        "functionId={}&estimatedDuration=250",
        text(&function["_id"])
    );
    let (status, body) = form(&server, Method::POST, "/api/costs/estimate", &estimate).await;
    assert_eq!(
        (status, &body["data"]["estimatedDuration"]),
        (StatusCode::OK, &json!(250))
    );
    for (body, expected) in [
        ("", "the body is not JSON"),
        ("name", "description is missing"),
        ("nmae=x", "did you mean \"name\"?"),
        (
            "name=x&config%5Btimeout%5D=5",
            "unknown member \"config[timeout]\"",
        ),
    ] {
        let (status, answer) = form(&server, Method::POST, "/api/functions", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {answer}");
        assert!(
            text(&answer["error"]).contains(expected),
            "{body}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_byte_order_mark_before_a_body_is_skipped() {
    let server = start().await;
    let new = "\u{feff}{\"name\": \"f\", \"description\": \"d\", \"code\": \"echo\"}";
    let (status, function) = answer(server.request(Method::POST, "/api/functions").body(new)).await;
    assert_eq!(status, StatusCode::CREATED, "{function}");
    let invoke = format!("/api/functions/{}/invoke", text(&function["_id"]));
    let (status, output) = answer(server.request(Method::POST, &invoke).body("\u{feff}[1]")).await;
    assert_eq!((status, output), (StatusCode::OK, json!([1])));
}

#[tokio::test]
async fn null_counts_as_absent_where_a_member_has_a_default() {
    let server = start().await;
    let id = server.upload("f", "echo").await;
    let estimate = json!({"functionId": id, "input": null, "estimatedDuration": null});
    let (status, body) = server.post("/api/costs/estimate", estimate).await;
    assert_eq!(
        (status, &body["data"]["basis"]),
        (StatusCode::OK, &json!("default"))
    );
    let test = json!({"functionId": id, "concurrency": null, "durationSeconds": null, "rate": null,
        "input": null});
    let (status, body) = server.post("/api/load-tests/estimate", test).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

/// Reads the answer at `path` as a `T` and writes it again: nothing may be lost.
async fn read_back<T: serde::Serialize + serde::de::DeserializeOwned>(server: &Server, path: &str) {
    let response = server.request(Method::GET, path).send().await.unwrap();
    let sent = response.text().await.unwrap();
    let read: T = serde_json::from_str(&sent).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(serde_json::to_string(&read).unwrap(), sent, "{path}");
}

#[tokio::test]
async fn every_response_deserializes_into_the_type_that_wrote_it() {
    use faas_api as api;

    let (server, _access) = start_guarded(|_| {}).await;
    let new = api::NewFunction::new("f", "d", "log");
    let (_, function) = server.post("/api/functions", json!(new)).await;
    let id = text(&function["_id"]);
    let throws = server.upload("throws", "throw").await;
    server.execute(&id, json!({"a": [1.50]})).await;
    let failed = text(&server.execute(&throws, json!(1)).await["_id"]);
    let test = api::NewLoadTest::new(id.parse().unwrap());
    let mut test = json!(test);
    test["durationSeconds"] = json!(1);
    let (_, test) = server.post("/api/load-tests", test).await;
    let test = text(&test["_id"]);
    server.tested(&test).await;

    read_back::<Vec<api::Function<'static>>>(&server, "/api/functions").await;
    read_back::<api::Function<'static>>(&server, &format!("/api/functions/{id}")).await;
    read_back::<api::Execution<'static>>(&server, &format!("/api/executions/{failed}")).await;
    read_back::<api::ExecutionPage<'static>>(&server, "/api/executions?limit=1").await;
    read_back::<api::LoadTest<'static>>(&server, &format!("/api/load-tests/{test}")).await;
    read_back::<api::Overview<'static>>(&server, "/api/metrics").await;
    read_back::<Vec<api::HistoryRow>>(&server, "/api/metrics/executions/history").await;
    read_back::<Vec<api::Sample<'static>>>(&server, "/api/samples").await;
    read_back::<api::Session<'static>>(&server, "/api/session").await;
    read_back::<Vec<api::Key<'static>>>(&server, "/api/keys").await;
    read_back::<api::AuditPage<'static>>(&server, "/api/audit").await;
    read_back::<api::Health<'static>>(&server, "/readyz").await;
    read_back::<api::Data<api::PriceBook<'static>>>(&server, "/api/costs/pricing").await;
    read_back::<api::Data<api::SystemCost<'static>>>(&server, "/api/costs/system").await;
    read_back::<api::Data<api::Breakdown<'static>>>(&server, "/api/costs/breakdown").await;
    read_back::<api::Data<api::Trends>>(&server, "/api/costs/trends").await;
    let path = format!("/api/costs/function/{id}");
    read_back::<api::Data<api::FunctionCost<'static>>>(&server, &path).await;
    type Named = api::Execution<'static, api::FunctionRef<'static>>;
    read_back::<api::Data<Vec<Named>>>(&server, "/api/costs/executions").await;
    read_back::<api::ErrorBody<'static>>(&server, "/api/functions/x").await;
    read_back::<api::ErrorBody<'static>>(&server, "/api/costs/system?startDate=x").await;
}
