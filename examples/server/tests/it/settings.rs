//! Settings from flags, the environment and the settings file.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// `faas serve` in `folder` with exactly these `args` and `environment` variables.
pub(crate) fn faas(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faas"))
        .current_dir(folder)
        .env_clear()
        .envs(environment.iter().copied())
        .arg("serve")
        .args(args)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The one line on standard error of a start that failed.
pub(crate) fn error(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("error: "), "{text}");
    text
}

fn folder_with(file: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("faas.toml"), file).unwrap();
    folder
}

#[test]
fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
    let folder = folder_with("min_instances = 2\nmax_instances = 20\nqueue_capacity = 200");
    let environment = [("FAAS_MAX_INSTANCES", "30"), ("FAAS_QUEUE_CAPACITY", "300")];
    let args = ["--check", "--queue-capacity", "400"];
    let shown = stdout(&faas(folder.path(), &args, &environment));
    for line in [
        "min_instances = 2",
        "max_instances = 30",
        "queue_capacity = 400",
        "shutdown_grace = \"10s\"",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
}

#[test]
fn port_is_taken_from_the_environment() {
    let folder = TempDir::new().unwrap();
    let port = [("PORT", "8080")];
    let shown = stdout(&faas(folder.path(), &["--check"], &port));
    assert!(shown.contains("listen = \"127.0.0.1:8080\""), "{shown}");
    let args = ["--check", "--listen", "127.0.0.1:9090"];
    let shown = stdout(&faas(folder.path(), &args, &port));
    assert!(shown.contains("listen = \"127.0.0.1:9090\""), "{shown}");
}

#[test]
fn a_settings_file_can_be_given_and_a_missing_one_is_an_error() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("other.toml"), "max_instances = 7").unwrap();
    let shown = stdout(&faas(
        folder.path(),
        &["--check", "--config", "other.toml"],
        &[],
    ));
    assert!(shown.contains("max_instances = 7"), "{shown}");
    let missing = faas(folder.path(), &["--config", "missing.toml"], &[]);
    assert!(error(&missing).contains("missing.toml"));
}

#[test]
fn an_unknown_setting_in_the_file_is_named_in_one_line() {
    let folder = folder_with("max_instances = 7\nmax_instanses = 8\n");
    let error = error(&faas(folder.path(), &[], &[]));
    assert!(error.contains("faas.toml: line 2"), "{error}");
    assert!(error.contains("max_instanses"), "{error}");
}

#[test]
fn a_failure_at_startup_is_one_line_and_exit_code_1() {
    let folder = TempDir::new().unwrap();
    let refused = |args: &[&str]| error(&faas(folder.path(), args, &[]));
    assert!(refused(&["--min-instances", "11"]).contains("--min-instances (11)"));
    let mongo = refused(&["--store", "mongodb+srv://me:secret@db/faas"]);
    assert!(mongo.contains("name the hosts"), "{mongo}");
    assert!(!mongo.contains("secret"), "{mongo}");
    assert!(refused(&["--log", "=nonsense=", "--store", "memory:"]).contains("--log"));
}

#[test]
fn an_invalid_origin_is_refused_with_an_example() {
    let folder = TempDir::new().unwrap();
    let args = |origin| ["--check", "--store", "memory:", "--cors-origin", origin];
    for bad in [
        "app.example",
        "https://app.example/",
        "https://App.example",
        "http://",
        "",
    ] {
        let refused = error(&faas(folder.path(), &args(bad), &[]));
        assert!(refused.contains("https://app.example"), "{bad}: {refused}");
    }
    for good in [
        "*",
        "http://localhost:5173",
        "https://a.example,http://[::1]:80",
    ] {
        let shown = stdout(&faas(folder.path(), &args(good), &[]));
        assert!(shown.contains("cors_origin"), "{good}: {shown}");
    }
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = TempDir::new().unwrap();
    for args in [
        &["--no-such-flag"][..],
        &["--listen", "5000"],
        &["--isolation", "vm"],
        &["--shutdown-grace", "10"],
    ] {
        assert_eq!(
            faas(folder.path(), args, &[]).status.code(),
            Some(2),
            "{args:?}"
        );
    }
}

#[test]
fn mongodb_uri_is_used_when_no_store_is_configured() {
    let folder = TempDir::new().unwrap();
    let other = folder_with("store = \"sqlite:file.db\"");
    let uri = ("MONGODB_URI", "mongodb://me:secret@db/faas?tls=true");
    let store = |folder: &TempDir, args: &[&str], environment: &[(&str, &str)]| {
        let args = [&["--check"], args].concat();
        let shown = stdout(&faas(folder.path(), &args, environment));
        let line = shown.lines().find(|line| line.starts_with("store = "));
        line.unwrap_or_else(|| panic!("no store in {shown}"))
            .to_owned()
    };
    assert_eq!(store(&folder, &[], &[uri]), "store = \"mongodb://db/faas\"");
    let unset = [("MONGODB_URI", "")];
    let default = "store = \"sqlite:./data/faas.db\"";
    assert_eq!(store(&folder, &[], &unset), default);
    assert_eq!(store(&other, &[], &[uri]), "store = \"sqlite:file.db\"");
    let variable = [uri, ("FAAS_STORE", "sqlite:variable.db")];
    let expected = "store = \"sqlite:variable.db\"";
    assert_eq!(store(&other, &[], &variable), expected);
    let flag = ["--store", "memory:"];
    assert_eq!(store(&other, &flag, &variable), "store = \"memory:\"");
}

#[test]
fn no_error_shows_a_password_wherever_it_is_configured() {
    let folder = TempDir::new().unwrap();
    for bad in [
        "mongodb+srv://me:secret@db/faas",
        "mongodb://me:secret/faas",
        "me:secret@db/faas",
    ] {
        let flag = faas(folder.path(), &["--store", bad], &[]);
        let variable = faas(folder.path(), &[], &[("FAAS_STORE", bad)]);
        let uri = faas(folder.path(), &[], &[("MONGODB_URI", bad)]);
        let file = folder_with(&format!("store = \"{bad}\""));
        let file = faas(file.path(), &[], &[]);
        for output in [flag, variable, uri, file] {
            let error = error(&output);
            assert!(error.contains("mongodb://"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}

#[test]
fn the_help_shows_examples() {
    let folder = TempDir::new().unwrap();
    let help = stdout(&faas(folder.path(), &["--help"], &[]));
    for part in [
        "Examples:",
        "faas serve --listen",
        "[env: FAAS_LISTEN=]",
        "[prices]",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
}
