//! Routes of a function by its name.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::schema::Document;
use crate::server::{answer, start, text};

#[tokio::test]
async fn every_route_of_a_function_takes_its_name_instead_of_its_id() {
    let server = start().await;
    let mut document = Document::of(&server).await;
    let created = json!({"name": "a/b c", "description": "d", "code": "echo"});
    let (_, created) = server.post("/api/functions", created).await;
    let id = text(&created["_id"]);
    let one = "/api/functions/by-name/{name}";
    let check = json!({"url": "https://example.com"});
    for (method, rest, body, expected) in [
        (Method::GET, "", Value::Null, StatusCode::OK),
        (Method::PUT, "", json!({"description": "e"}), StatusCode::OK),
        (
            Method::POST,
            "/execute",
            json!({"input": 1}),
            StatusCode::ACCEPTED,
        ),
        (
            Method::POST,
            "/execute/batch",
            json!({"executions": [{"input": {}}]}),
            StatusCode::ACCEPTED,
        ),
        (Method::POST, "/invoke", json!({"a": 1}), StatusCode::OK),
        (Method::GET, "/logs", Value::Null, StatusCode::OK),
        (Method::GET, "/dead-letters", Value::Null, StatusCode::OK),
        (Method::GET, "/deliveries", Value::Null, StatusCode::OK),
        (
            Method::POST,
            "/schedules",
            json!({"name": "s", "every": "1h"}),
            StatusCode::CREATED,
        ),
        (Method::GET, "/schedules", Value::Null, StatusCode::OK),
        (Method::GET, "/versions", Value::Null, StatusCode::OK),
        (
            Method::GET,
            "/versions/{version}",
            Value::Null,
            StatusCode::OK,
        ),
        (
            Method::PUT,
            "/aliases/{alias}",
            json!({"version": 1}),
            StatusCode::OK,
        ),
        (
            Method::DELETE,
            "/aliases/{alias}",
            Value::Null,
            StatusCode::OK,
        ),
        (Method::POST, "/egress/check", check, StatusCode::OK),
        (Method::DELETE, "", Value::Null, StatusCode::OK),
    ] {
        let template = format!("{one}{rest}");
        let path = template.replace("{name}", "a%2Fb%20c");
        let path = path.replace("{version}", "1").replace("{alias}", "a");
        let paths = (template.as_str(), path.as_str());
        let called = document.call(&server, method.clone(), paths, body);
        let (status, body) = called.await;
        assert_eq!(status, expected, "{method} {path}: {body}");
        if rest.is_empty() && method != Method::DELETE {
            assert_eq!(body["_id"], id);
        }
    }
    let (status, body) = answer(server.request(Method::GET, &format!("/api/functions/{id}"))).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{body}");
    let unseen = document.unseen();
    let unseen = unseen.iter().filter(|id| id.ends_with("ByName"));
    assert_eq!(unseen.collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[tokio::test]
async fn a_name_follows_the_function_that_has_it_now() {
    let server = start().await;
    let first = server.upload("f", "echo").await;
    let path = "/api/functions/by-name/f";
    assert_eq!(server.get(path).await["_id"], first);
    let renamed = json!({"name": "g"});
    server
        .send(Method::PUT, &format!("/api/functions/{first}"), renamed)
        .await;
    let (status, body) = answer(server.request(Method::GET, path)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(body["code"], "function_not_found");
    let second = server.upload("f", "echo").await;
    assert_eq!(server.get(path).await["_id"], second);
    assert_eq!(server.get("/api/functions/by-name/g").await["_id"], first);
}

#[tokio::test]
async fn a_name_that_looks_like_an_id_is_a_name_below_by_name_only() {
    let server = start().await;
    let name = "01890a5d-ac96-774b-bcce-b302099a8057";
    let id = server.upload(name, "echo").await;
    let found = server.get(&format!("/api/functions/by-name/{name}")).await;
    assert_eq!(found["_id"], id);
    for (path, expected) in [
        (format!("/api/functions/{name}"), StatusCode::NOT_FOUND),
        (
            format!("/api/functions/by-name/{id}"),
            StatusCode::NOT_FOUND,
        ),
        (
            "/api/functions/by-name/%FF".to_owned(),
            StatusCode::NOT_FOUND,
        ),
    ] {
        let (status, body) = answer(server.request(Method::GET, &path)).await;
        assert_eq!(status, expected, "{path}: {body}");
    }
}
