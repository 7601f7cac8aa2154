//! Only the function's code can read its secrets.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::api::{ended, execute, get};
use crate::running::Server;

const KEY: &str = "5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5ec5";
const SECRETS: [&str; 3] = [
    "hunter2-hunter2",
    "correct-horse-battery",
    "xyzzy-plugh-plover",
];

/// Starts a server whose log, with everything in it, is appended to a file in `folder`.
fn start(folder: &Path, key: Option<&str>) -> Server {
    let mut log = OpenOptions::new();
    let log = log.create(true).append(true).open(folder.join("log"));
    let log = log.unwrap();
    let mut environment = vec![("FAAS_LOG", "trace")];
    environment.extend(key.map(|key| ("FAAS_SECRET_KEY", key)));
    let store = ["--store", "sqlite:faas.db"];
    Server::start_with_log(folder, &store, &environment, Stdio::from(log))
}

fn send(server: &Server, method: &str, path: &str, body: &Value) -> (u16, String) {
    server.send(method, path, &body.to_string())
}

fn assert_hidden(what: &str, text: &[u8]) {
    for hidden in SECRETS.into_iter().chain([KEY]) {
        let hidden = hidden.as_bytes();
        let found = text.windows(hidden.len()).any(|window| window == hidden);
        assert!(!found, "{what} tells {}", String::from_utf8_lossy(hidden));
    }
}

/// The responses of all GET routes about this function and this execution.
fn assert_routes_hide(server: &Server, function: &str, execution: &str) {
    let document = get(server, "/openapi.json");
    let mut read = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        if operations.get("get").is_none() {
            continue;
        }
        let id = if path.contains("executions") {
            execution
        } else {
            function
        };
        let (_, answer) = server.send("GET", &path.replace("{id}", id), "");
        assert_hidden(path, answer.as_bytes());
        read += 1;
    }
    assert!(read > 20, "{read}");
}

fn assert_files_hide(folder: &Path) {
    let mut bytes = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if !path.is_file() {
            // The socket for `faas key`.
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        bytes += content.len();
        assert_hidden(&path.display().to_string(), &content);
    }
    assert!(bytes > 10_000);
}

#[test]
fn no_response_event_log_or_file_contains_a_secret() {
    let folder = TempDir::new().unwrap();
    let server = start(folder.path(), Some(KEY));
    let events = std::net::TcpStream::connect(server.address()).unwrap();
    let address = format!("ws://{}/ws", server.address());
    let (mut socket, _) = tungstenite::client(address, events).unwrap();

    let code = "console.log(context, 'started');
        const { A, B, C } = context.env;
        if (input.fail) null.x;
        return [A, B, C].map((secret) => secret.length)";
    let [a, b, c] = SECRETS;
    let new = json!({
        "name": "f", "description": "d", "code": code,
        "config": {"retryCount": 0, "secrets": {"A": "to be replaced", "B": b}},
    });
    let (status, answer) = send(&server, "POST", "/api/functions", &new);
    assert_eq!(status, 201, "{answer}");
    assert_hidden("the upload", answer.as_bytes());
    let function: Value = serde_json::from_str(&answer).unwrap();
    let id = function["_id"].as_str().unwrap();
    let path = format!("/api/functions/{id}");
    for (secrets, expected) in [
        (json!({"A": a, "C": c}), 200),
        (json!({"no name": a}), 400),
        (json!({"A": [a, b, c]}), 400),
        (json!([a]), 400),
        (json!({"A": a.repeat(10_000)}), 400),
    ] {
        let change = json!({"config": {"secrets": secrets}});
        let (status, answer) = send(&server, "PUT", &path, &change);
        assert_eq!(status, expected, "{answer}");
        assert_hidden("a change", answer.as_bytes());
    }
    let cut = format!("{{\"config\": {{\"secrets\": {{\"A\": \"{a}");
    let (status, answer) = server.send("PUT", &path, &cut);
    assert_eq!(status, 400, "{answer}");
    assert_hidden("a body that is cut off", answer.as_bytes());

    // The code does get them.
    let (status, answer) = send(&server, "POST", &format!("{path}/invoke"), &json!({}));
    assert_eq!((status, &*answer), (200, "[15,21,18]"));
    let (status, answer) = send(
        &server,
        "POST",
        &format!("{path}/invoke"),
        &json!({"fail": true}),
    );
    assert_eq!(status, 502);
    assert_hidden("a failure", answer.as_bytes());
    let execution = execute(&server, id, &json!({"fail": true}));
    assert_eq!(ended(&server, &execution)["status"], "failed");
    assert_routes_hide(&server, id, &execution);
    loop {
        let message = socket.read().unwrap();
        assert_hidden("an event", &message.clone().into_data());
        if let Message::Text(text) = message
            && text.contains(&execution)
            && text.contains("execution_failed")
        {
            break;
        }
    }
    server.kill();
    assert_files_hide(folder.path());

    // Without the key, the server reports that it is missing, keeps the secrets, and shows nothing.
    let server = start(folder.path(), None);
    let (status, answer) = send(&server, "POST", &format!("{path}/invoke"), &json!({}));
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("no secret key is configured"), "{answer}");
    assert!(answer.contains("platform_error"), "{answer}");
    assert_routes_hide(&server, id, &execution);
    let (status, answer) = send(
        &server,
        "PUT",
        &path,
        &json!({"config": {"secrets": {"A": a}}}),
    );
    assert_eq!(status, 409, "{answer}");
    assert_hidden("a refusal", answer.as_bytes());
    server.stop();
    assert_files_hide(folder.path());

    let keys = format!("{}, {KEY}", "ab".repeat(32));
    let server = start(folder.path(), Some(&keys));
    let (status, answer) = send(&server, "POST", &format!("{path}/invoke"), &json!({}));
    assert_eq!((status, &*answer), (200, "[15,21,18]"));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("cannot open a secret"), "{log}");
}

/// The output of `faas` with `args`, or its error.
fn faas(args: &[&str], key: &str) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_faas"))
        .env_clear()
        .env("FAAS_SECRET_KEY", key)
        .args(args)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_new_key_is_printed_each_time_and_can_be_used() {
    let (_, one) = faas(&["secret-key"], "");
    let (_, two) = faas(&["secret-key"], "");
    assert_ne!(one, two);
    let keys = format!("{one},{two}");
    let (code, shown) = faas(&["serve", "--check"], &keys);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("2 keys in FAAS_SECRET_KEY"), "{shown}");
    assert!(!shown.contains(one.trim()), "{shown}");
}

#[test]
fn an_invalid_secret_key_is_refused_and_not_shown() {
    for bad in [
        "hunter2",
        &KEY[1..],
        &format!("{KEY},"),
        &format!("{KEY}:{KEY}"),
    ] {
        let (code, error) = faas(&["serve", "--check"], bad);
        assert_eq!(code, Some(1), "{error}");
        assert!(
            error.starts_with("error: FAAS_SECRET_KEY: expected a key of 32 bytes"),
            "{error}"
        );
        assert!(error.contains("openssl rand -hex 32"), "{error}");
        assert!(!error.contains(bad), "{error}");
    }
}

/// The number of changes to make while secrets are resealed.
const TRIES: usize = 200;

/// `faas secret-key reseal` on the store in `folder`.
fn reseal(folder: &Path, keys: &str) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_faas"))
        .current_dir(folder)
        .env_clear()
        .env("FAAS_SECRET_KEY", keys)
        .args(["secret-key", "reseal", "--store", "sqlite:faas.db"])
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn upload(server: &Server, name: &str, secret: &str) -> String {
    let new = json!({
        "name": name, "description": "d", "code": "return context.env.A",
        "config": {"secrets": {"A": secret}},
    });
    let (status, answer) = send(server, "POST", "/api/functions", &new);
    assert_eq!(status, 201, "{answer}");
    let function: Value = serde_json::from_str(&answer).unwrap();
    format!("/api/functions/{}", function["_id"].as_str().unwrap())
}

fn invoke(server: &Server, path: &str) -> (u16, String) {
    send(server, "POST", &format!("{path}/invoke"), &json!({}))
}

#[test]
fn an_old_secret_key_can_be_removed_after_resealing_beside_the_server() {
    let folder = TempDir::new().unwrap();
    let [secret, ..] = SECRETS;
    let (old, new) = (KEY, "ab".repeat(32));
    let server = start(folder.path(), Some(old));
    let path = upload(&server, "first", secret);
    server.stop();

    let both = format!("{new},{old}");
    let server = start(folder.path(), Some(&both));
    let answer = (200, format!("\"{secret}\""));
    assert_eq!(invoke(&server, &path), answer);
    let (code, said, errors) = reseal(folder.path(), &both);
    assert_eq!((code, &*errors), (Some(0), ""));
    assert!(
        said.contains("encrypted 1 secret") && said.contains("of 1 secret in total"),
        "{said}"
    );
    assert_hidden("what it says", said.as_bytes());
    let (_, again, _) = reseal(folder.path(), &both);
    assert!(again.contains("encrypted 0 secrets"), "{again}");
    assert_eq!(invoke(&server, &path), answer);
    // The server has read the function before. Its next change is made all the same, of what is
    // stored now.
    let change = json!({"description": "changed", "config": {"env": {"B": "b"}}});
    let (status, changed) = send(&server, "PUT", &path, &change);
    assert_eq!(status, 200, "{changed}");
    server.kill();

    let server = start(folder.path(), Some(&new));
    assert_eq!(invoke(&server, &path), answer);
    let (_, function) = server.send("GET", &path, "");
    assert!(function.contains("changed"), "{function}");
}

#[test]
fn no_change_made_during_resealing_is_lost() {
    let folder = TempDir::new().unwrap();
    let [secret, ..] = SECRETS;
    let server = start(folder.path(), Some(KEY));
    let path = upload(&server, "first", secret);
    let mut keys = KEY.to_owned();
    let mut sealed = 0;
    std::thread::scope(|scope| {
        let changes = scope.spawn(|| {
            for n in 0..TRIES {
                let change = json!({"config": {"env": {format!("V{}", n % 50): n.to_string()}}});
                // Resealing may conflict repeatedly; the server then reports it.
                let put = || send(&server, "PUT", &path, &change);
                let (mut status, mut answer) = put();
                while status == 409 {
                    (status, answer) = put();
                }
                assert_eq!(status, 200, "{answer}");
            }
        });
        // With a new key each time, so that there are always secrets to reseal.
        while !changes.is_finished() {
            keys = format!("{:064x},{keys}", sealed + 1);
            let (code, said, errors) = reseal(folder.path(), &keys);
            assert_eq!(code, Some(0), "{errors}");
            assert!(said.contains("encrypted 1 secret"), "{said}");
            sealed += 1;
        }
    });
    assert!(sealed > 0);
    server.stop();
    let server = start(folder.path(), Some(&format!("{sealed:064x}")));
    assert_eq!(invoke(&server, &path), (200, format!("\"{secret}\"")));
    let function = get(&server, &path);
    assert_eq!(function["version"], TRIES + 1);
    let names = function["config"]["env"].as_object().unwrap();
    assert_eq!(names.len(), 50);
    for n in 0..50 {
        let last = (TRIES - 50 + n).to_string();
        assert_eq!(names[&format!("V{n}")], last);
    }
}

#[test]
fn resealing_names_secrets_that_no_key_opens_and_reseals_the_others() {
    let folder = TempDir::new().unwrap();
    let (lost, new) = ("cd".repeat(32), "ab".repeat(32));
    let [secret, other, ..] = SECRETS;
    let server = start(folder.path(), Some(&lost));
    upload(&server, "orphan", secret);
    server.stop();
    let server = start(folder.path(), Some(KEY));
    let path = upload(&server, "kept", other);
    server.stop();
    let (code, said, errors) = reseal(folder.path(), &format!("{new},{KEY}"));
    assert_eq!(code, Some(1));
    assert!(
        said.contains("encrypted 1 secret") && said.contains("of 2 secrets"),
        "{said}"
    );
    assert!(said.contains("cannot open A of orphan"), "{said}");
    assert!(!said.contains("kept"), "{said}");
    assert!(
        errors.starts_with("error: 1 secret cannot be decrypted"),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert_hidden("what it says", (said + &errors).as_bytes());
    let (code, _, errors) = reseal(folder.path(), "");
    assert_eq!(code, Some(1));
    assert!(errors.contains("FAAS_SECRET_KEY is not set"), "{errors}");
    let server = start(folder.path(), Some(&new));
    assert_eq!(invoke(&server, &path), (200, format!("\"{other}\"")));
}
