//! Which server a command works with, keys, exit codes and completions.

use std::net::TcpListener;
use std::process::Command;

use tempfile::TempDir;

use super::{Server, User, server};

/// A server that requires keys, its folder and an admin's key.
pub(super) fn guarded() -> (Server, TempDir, String) {
    let folder = TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_faas"))
        .current_dir(folder.path())
        .env_clear()
        .args(["key", "create", "--name", "me", "--role", "admin"])
        .output()
        .unwrap();
    let key = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let server = Server::start(folder.path(), &[]);
    (server, folder, key)
}

#[test]
fn a_context_has_a_server_and_its_key_in_a_file_of_the_user_alone() {
    let (server, _folder, key) = guarded();
    let url = format!("http://{}", server.address());
    let user = User::new();
    let add = ["context", "add", "prod", &url, "--key-stdin"];
    let list = user.run_with(&add, &format!("{key}\n")).ok();
    assert!(
        list.contains("*") && list.contains(&url) && !list.contains(&key),
        "{list}"
    );
    user.run(&["list"]).ok();
    user.run(&["context", "add", "other", "http://127.0.0.1:1"])
        .ok();
    user.run(&["list", "--context", "prod"]).ok();
    user.run(&["context", "use", "other"]).ok();
    assert!(user.run(&["list"]).failed(1).contains("faas serve"));
    user.run(&["list", "--context", "prod"]).ok();
    let list = user.run(&["context", "remove", "other"]).ok();
    assert!(!list.contains("other"), "{list}");
    let missing = user.run(&["list", "--context", "none"]).failed(1);
    assert!(missing.contains("faas context list"), "{missing}");
}

#[cfg(unix)]
#[test]
fn a_file_of_contexts_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let user = User::new();
    let add = [
        "context",
        "add",
        "prod",
        "http://127.0.0.1:1",
        "--key-stdin",
    ];
    user.run_with(&add, "faas_key").ok();
    let path = user.path(".config/faas/contexts.json");
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    std::fs::set_permissions(&path, mode(0o644)).unwrap();
    let refused = user.run(&["list"]).failed(1);
    assert!(refused.contains("chmod 600"), "{refused}");
}

#[test]
fn the_environment_takes_precedence_over_the_context_in_use() {
    let (server, _folder, key) = guarded();
    let url = format!("http://{}", server.address());
    let user = User::new();
    user.run(&["context", "add", "nothing", "http://127.0.0.1:1"])
        .ok();
    let user = user.with("FAAS_URL", &url).with("FAAS_KEY", &key);
    user.run(&["list"]).ok();
}

#[test]
fn a_key_of_a_context_is_not_sent_to_another_server() {
    let (server, _folder, key) = guarded();
    let url = format!("http://{}", server.address());
    let user = User::new();
    let add = [
        "context",
        "add",
        "prod",
        "http://127.0.0.1:1",
        "--key-stdin",
    ];
    user.run_with(&add, &key).ok();
    let refused = user.run(&["list", "--url", &url]).failed(1);
    assert!(refused.contains("FAAS_KEY"), "{refused}");
}

#[test]
fn errors_say_what_to_do() {
    let (server, _folder, _) = guarded();
    let user = User::of(&server);
    let refused = user.run(&["list"]).failed(1);
    assert!(
        refused.contains("FAAS_KEY") && refused.contains("--key-stdin"),
        "{refused}"
    );
    // Nothing listens there any more.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let user = User::new().with("FAAS_URL", &format!("http://{free}"));
    let refused = user.run(&["list"]).failed(1);
    assert!(
        refused.contains("cannot connect") && refused.contains("faas serve"),
        "{refused}"
    );
    let user = User::new().with("FAAS_URL", "faas.example");
    let wrong = user.run(&["list"]).failed(1);
    assert!(wrong.contains("https://faas.example"), "{wrong}");
    assert!(user.run(&["lsit"]).failed(2).contains("list"));
}

#[test]
fn output_has_no_colours_where_no_terminal_is() {
    let (server, _folder) = server();
    server.upload_as("f", "console.log('hello'); return 1");
    let user = User::of(&server);
    user.run(&["invoke", "f"]).ok();
    for args in [&["list"][..], &["logs", "f"], &["show", "f"]] {
        let done = user.run(args);
        assert!(
            !done.out.contains('\x1b') && !done.err.contains('\x1b'),
            "{done:?}"
        );
    }
}

#[test]
fn completions_know_every_command() {
    let user = User::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = user.run(&["completions", shell]).ok();
        for command in ["deploy", "invoke", "serve", "context"] {
            assert!(script.contains(command), "{shell} {command}");
        }
    }
}
