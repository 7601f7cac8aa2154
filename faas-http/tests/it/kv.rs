//! Keys and values of functions.

use faas_core::access::AccessOptions;
use faas_core::model::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Server, answer, start, start_guarded, text};

async fn put(server: &Server, path: &str, value: impl Into<reqwest::Body>) -> (StatusCode, Value) {
    let path = format!("/api/kv/{path}");
    answer(server.request(Method::PUT, &path).body(value)).await
}

async fn delete(server: &Server, path: &str) -> StatusCode {
    let path = format!("/api/kv/{path}");
    answer(server.request(Method::DELETE, &path)).await.0
}

#[tokio::test]
async fn a_value_reads_back_byte_by_byte_with_its_metadata() {
    let server = start().await;
    let bytes: Vec<u8> = (0..=255).collect();
    for (value, kind) in [
        (bytes, "application/octet-stream"),
        ("\u{feff}Käse".into(), "text/plain; charset=utf-8"),
        (Vec::new(), "text/plain; charset=utf-8"),
    ] {
        let path = "orders/values/a%2Fb%20c?ttl=60&metadata=%5B%22%C3%BC%22%5D";
        let (status, body) = put(&server, path, value.clone()).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let read = server.request(Method::GET, "/api/kv/orders/values/a%2Fb%20c");
        let read = read.send().await.unwrap();
        assert_eq!(read.status(), StatusCode::OK);
        assert_eq!(read.headers()["content-type"], kind);
        assert_eq!(read.headers()["x-content-type-options"], "nosniff");
        assert_eq!(read.headers()["x-kv-metadata"], r#"["\u00fc"]"#);
        assert!(read.headers().contains_key("x-kv-expires-at"));
        assert_eq!(read.bytes().await.unwrap(), value);
    }
    let (status, body) = answer(server.request(Method::GET, "/api/kv/orders/values/none")).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
}

#[tokio::test]
async fn namespaces_and_keys_are_listed_page_by_page() {
    let server = start().await;
    for key in ["a1", "a2", "a3", "b"] {
        put(&server, &format!("orders/values/{key}"), "12345").await;
    }
    put(&server, "cache/values/x?metadata=%7B%7D", "").await;
    let first = server.get("/api/kv?limit=1").await;
    let cache = json!({ "name": "cache", "keys": 1, "bytes": 3 });
    assert_eq!(
        first,
        json!({ "namespaces": [cache], "nextCursor": "cache" })
    );
    let second = server.get("/api/kv?limit=5&cursor=cache").await;
    let orders = json!({ "name": "orders", "keys": 4, "bytes": 27 });
    assert_eq!(
        second,
        json!({ "namespaces": [orders], "nextCursor": null })
    );
    let key = |name: &str| json!({ "name": name, "bytes": 5, "expiresAt": null, "metadata": null });
    let first = server.get("/api/kv/orders/keys?prefix=a&limit=2").await;
    let expected = json!({ "keys": [key("a1"), key("a2")], "nextCursor": "a2" });
    assert_eq!(first, expected);
    let second = server
        .get("/api/kv/orders/keys?prefix=a&limit=2&cursor=a2")
        .await;
    assert_eq!(second, json!({ "keys": [key("a3")], "nextCursor": null }));
    let kept = server.get("/api/kv/cache/keys").await;
    assert_eq!(kept["keys"][0]["metadata"], json!({}));

    assert_eq!(delete(&server, "orders/values/a1").await, StatusCode::OK);
    assert_eq!(delete(&server, "orders/values/a1").await, StatusCode::OK);
    assert_eq!(
        server.get("/api/kv/orders/keys").await["keys"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(delete(&server, "orders").await, StatusCode::OK);
    let left = server.get("/api/kv").await;
    assert_eq!(left["namespaces"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_exceeds_a_limit_is_refused() {
    let server = start().await;
    let long = format!("orders/values/{}", "x".repeat(513));
    for (path, size, expected) in [
        (&*long, 1, StatusCode::BAD_REQUEST),
        ("a%20b/values/x", 1, StatusCode::BAD_REQUEST),
        ("function:x/values/x", 1, StatusCode::BAD_REQUEST),
        ("orders/values/x?metadata=%7B", 1, StatusCode::BAD_REQUEST),
        ("orders/values/x?ttl=0", 1, StatusCode::BAD_REQUEST),
        ("orders/values/x", 1 << 20, StatusCode::OK),
        (
            "orders/values/x",
            (1 << 20) + 1,
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ] {
        let (status, body) = put(&server, path, vec![b'x'; size]).await;
        assert_eq!(status, expected, "{body}");
    }
}

#[tokio::test]
async fn a_reader_may_read_and_not_write_and_changes_are_in_the_audit_log() {
    let (server, access) = start_guarded(|_: &mut AccessOptions| {}).await;
    put(&server, "orders/values/k", "v").await;
    delete(&server, "orders/values/k").await;
    delete(&server, "orders").await;
    let log = server.get("/api/audit").await;
    let entries = log["entries"].as_array().unwrap().iter();
    let entries: Vec<_> = entries
        .map(|entry| (text(&entry["action"]), text(&entry["target"])))
        .collect();
    let entry = |action: &str, target: &str| (action.to_owned(), target.to_owned());
    let expected = [
        entry("kv_namespace_deleted", "orders"),
        entry("kv_deleted", "orders/k"),
        entry("kv_written", "orders/k"),
    ];
    assert_eq!(entries, expected);

    put(&server, "orders/values/k", "v").await;
    let new = json!({ "name": "r", "role": Role::Reader.as_str() });
    let (_, made) = server.post("/api/keys", new).await;
    access.refresh().await.unwrap();
    server.key.set(text(&made["key"])).unwrap();
    assert_eq!(
        server.get("/api/kv/orders/keys").await["keys"][0]["name"],
        "k"
    );
    let (status, _) = put(&server, "orders/values/k", "w").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(
        delete(&server, "orders/values/k").await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(delete(&server, "orders").await, StatusCode::FORBIDDEN);
}
