//! `faas key`, with and without a running server, and the storage of keys.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::access::{ask, bearer, closed_with, faas_key, key_says, listen, make};
use super::place::{Place, on_every_store};
use super::running::{Server, read_answer};
use super::waiting::wait_until;

on_every_store!(
    a_key_created_or_revoked_beside_a_running_server_is_in_force_when_the_command_returns,
    keys_and_what_was_done_with_them_outlive_the_server,
);

fn a_key_created_or_revoked_beside_a_running_server_is_in_force_when_the_command_returns(
    place: &Place,
) {
    let server = place.start(&[]);
    let (folder, url) = (place.folder(), place.url());
    let functions = |headers: &str| ask(&server, headers, "get", "/api/functions").0;
    let session = |headers: &str| ask(&server, headers, "get", "/api/session");
    assert_eq!(functions(""), 200);
    assert_eq!(session("").1["authentication"], "off");
    let unnamed = listen(&server, None, &[]).unwrap();
    let key = key_says(folder, url, &["create", "--name", "ci", "--role", "admin"]);
    assert_eq!(functions(""), 401);
    assert_eq!(session("").1["authentication"], "required");
    assert_eq!(closed_with(unnamed), 1008);
    assert_eq!(session(&bearer(&key)).0, 200);
    let socket = listen(&server, Some(&key), &[]).unwrap();
    let list = key_says(folder, url, &["list"]);
    assert!(
        list.contains("valid") && list.contains("ci") && !list.contains(&key),
        "{list}"
    );
    wait_until("the list of keys shows when the key was used", || {
        let list = key_says(folder, url, &["list"]);
        let line = list.lines().find(|line| line.ends_with(" ci"));
        // The times of creation and of the last use; no expiry.
        line.unwrap().matches('Z').count() == 2
    });
    let (_, told) = ask(&server, &bearer(&key), "get", "/api/keys");
    assert!(told[0]["lastUsedAt"].is_string(), "{told}");
    key_says(folder, url, &["revoke", "ci"]);
    assert_eq!(session(&bearer(&key)).0, 401);
    assert_eq!(closed_with(socket), 1008);
    let again = faas_key(folder, url, &["revoke", "ci"]);
    assert_eq!(again.status.code(), Some(1));
}

fn keys_and_what_was_done_with_them_outlive_the_server(place: &Place) {
    let (folder, url) = (place.folder(), place.url());
    let key = key_says(folder, url, &["create", "--name", "me", "--role", "admin"]);
    let server = place.start(&[]);
    let key = bearer(&key);
    let new = r#"{"name": "f", "description": "d", "code": "return 'this is secret'"}"#;
    let (status, made) = read_answer(&mut server.begin_with(&key, "POST", "/api/functions", new));
    assert_eq!(status, 201, "{made}");
    let made: Value = serde_json::from_str(&made).unwrap();
    let path = format!("/api/functions/{}", made["_id"].as_str().unwrap());
    assert_eq!(ask(&server, &key, "put", &path).0, 200);
    assert_eq!(ask(&server, &key, "delete", &path).0, 200);
    server.stop();
    let server = place.start(&[]);
    let (_, session) = ask(&server, &key, "get", "/api/session");
    let (_, audit) = ask(&server, &key, "get", "/api/audit");
    let told: Vec<_> = audit["entries"].as_array().unwrap().iter().rev().collect();
    let actions: Vec<_> = told.iter().map(|entry| entry["action"].as_str()).collect();
    let expected = [
        "key_created",
        "function_created",
        "function_updated",
        "function_deleted",
    ];
    assert_eq!(actions, expected.map(Some));
    assert_eq!(told[0]["actor"], json!({"keyId": null, "name": "local"}));
    let me = json!({"keyId": session["key"]["_id"], "name": "me"});
    for entry in &told[1..] {
        assert_eq!((&entry["actor"], &entry["target"]), (&me, &made["_id"]));
    }
    assert!(!audit.to_string().contains("this is secret"), "{audit}");
}

#[test]
fn a_missing_store_is_reported_and_only_a_new_key_creates_one() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("data/faas.db");
    let url = format!("sqlite:{}", file.display());
    let says = |command: &[&str]| {
        let done = faas_key(folder.path(), &url, command);
        let error = String::from_utf8_lossy(&done.stderr).into_owned();
        (done.status.code(), error)
    };
    for command in [&["list"][..], &["revoke", "me"]] {
        let (code, error) = says(command);
        assert_eq!(code, Some(1), "{error}");
        assert!(
            error.contains("does not exist") && error.contains(&url),
            "{error}"
        );
        assert!(!file.exists());
    }
    let (code, error) = says(&["create", "--name", "me", "--role", "admin"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(
        error.contains("created the store") && error.contains(&url),
        "{error}"
    );
    let (code, error) = says(&["create", "--name", "you", "--role", "admin"]);
    assert_eq!((code, &*error), (Some(0), ""));
}

#[test]
fn keys_of_a_store_in_memory_are_made_over_its_servers_api() {
    let folder = TempDir::new().unwrap();
    let refused = faas_key(folder.path(), "memory:", &["list"]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(
        error.contains("memory:") && error.contains("/api/keys"),
        "{error}"
    );
    let server = Server::start(folder.path(), &["--store", "memory:"]);
    let new = r#"{"name": "me", "role": "admin"}"#;
    let (status, made) = server.send("POST", "/api/keys", new);
    assert_eq!(status, 201, "{made}");
    let made: Value = serde_json::from_str(&made).unwrap();
    // At once, with nothing to wait for.
    assert_eq!(ask(&server, "", "get", "/api/keys").0, 401);
    let key = bearer(made["key"].as_str().unwrap());
    assert_eq!(ask(&server, &key, "get", "/api/keys").0, 200);
    let path = format!("/api/keys/{}", made["_id"].as_str().unwrap());
    assert_eq!(ask(&server, &key, "delete", &path).0, 200);
    assert_eq!(ask(&server, &key, "get", "/api/keys").0, 401);
    assert_eq!(ask(&server, "", "get", "/api/keys").0, 401);
}

#[test]
fn the_secret_of_a_key_is_stored_and_logged_nowhere() {
    let folder = TempDir::new().unwrap();
    let first = make(folder.path(), "admin");
    let log = folder.path().join("log.txt");
    let server = Server::start_logging(folder.path(), &[("FAAS_LOG", "trace")], &log);
    let new = r#"{"name": "second", "role": "admin"}"#;
    let made = read_answer(&mut server.begin_with(&bearer(&first), "POST", "/api/keys", new));
    let made: Value = serde_json::from_str(&made.1).unwrap();
    let second = made["key"].as_str().unwrap().to_owned();
    drop(listen(&server, Some(&second), &[]).unwrap());
    // One that was mistyped is nearly a secret.
    let near = format!("{}0", &second[..second.len() - 1]);
    ask(&server, &bearer(&near), "get", "/api/session");
    let mut told = String::new();
    for path in ["/api/keys", "/api/audit", "/api/session", "/metrics"] {
        told += &read_answer(&mut server.begin_with(&bearer(&second), "GET", path, "")).1;
    }
    server.kill();
    let mut files = vec![("answers".to_owned(), told.into_bytes())];
    let mut folders = vec![folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                files.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    let names: Vec<_> = files.iter().map(|(name, _)| name.clone()).collect();
    assert!(
        names.iter().any(|name| name.ends_with("faas.db")),
        "{names:?}"
    );
    assert!(
        files
            .iter()
            .any(|(name, bytes)| name.ends_with("log.txt") && !bytes.is_empty())
    );
    for key in [&first, &second] {
        let (_, secret) = key.rsplit_once('_').unwrap();
        // The half of it would be too much.
        for part in [&secret[..32], &secret[32..]] {
            let raw: Vec<u8> = (0..part.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&part[at..at + 2], 16).unwrap())
                .collect();
            for (name, bytes) in &files {
                let holds = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
                assert!(
                    !holds(part.as_bytes()) && !holds(&raw),
                    "{name} holds a secret"
                );
            }
        }
    }
}
