//! The OpenAPI document and its page.

use std::path::Path;

use reqwest::Method;

use crate::server::start;

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
