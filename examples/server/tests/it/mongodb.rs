//! A server on MongoDB: its settings, and its errors at startup.

use std::net::TcpListener;
use std::process::Command;

use tempfile::TempDir;

use super::api::get;
use super::place::new_mongodb;
use super::running::Server;

#[test]
fn mongodb_uri_alone_is_enough() {
    let Some(uri) = new_mongodb() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let environment = [("MONGODB_URI", uri.as_str())];
    let server = Server::start_in(folder.path(), &[], &environment);
    let (place, _) = uri.split_once('?').unwrap_or((&uri, ""));
    let (_, database) = place.rsplit_once('/').unwrap();
    let startup = &server.startup;
    assert!(startup.contains("store mongodb://"), "{startup}");
    assert!(startup.contains(&format!("/{database},")), "{startup}");
    assert_eq!(server.send("GET", "/readyz", "").0, 200);
    server.upload_as("here", "return 1");
    server.stop();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let again = Server::start(folder.path(), &["--store", &uri, "--durability", "full"]);
    let function = &get(&again, "/api/functions")[0];
    assert_eq!(function["name"], "here");
    let path = format!(
        "/api/functions/{}/invoke",
        function["_id"].as_str().unwrap()
    );
    assert_eq!(again.send("POST", &path, ""), (200, "1".to_owned()));
}

#[test]
fn a_server_that_cannot_be_reached_is_named_in_one_line_without_the_password() {
    let folder = TempDir::new().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let uri = format!("mongodb://me:s3cr3t@{address}/faas?serverSelectionTimeoutMS=300");
    let output = Command::new(env!("CARGO_BIN_EXE_faas"))
        .current_dir(folder.path())
        .env_clear()
        .env("MONGODB_URI", &uri)
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "trace"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(!text.contains("s3cr3t"), "{text}");
    let last = text.lines().last().unwrap();
    let told = format!("error: mongodb://{address}/faas: no server can be reached");
    assert!(last.starts_with(&told), "{text}");
    assert!(output.stdout.is_empty(), "it says that it listens");
}
