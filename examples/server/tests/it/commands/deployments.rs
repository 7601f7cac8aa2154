//! Creating and deploying functions.

use std::process::Command;

use serde_json::{Value, json};

use super::{User, esbuild, server};

#[test]
fn each_template_can_be_deployed_and_called() {
    let (server, _folder) = server();
    let user = User::of(&server);
    for (template, file) in [
        ("http", "index.js"),
        ("cron", "index.js"),
        ("ts", "index.ts"),
        ("lambda", "index.js"),
    ] {
        let created = user.run(&["init", "--template", template, template]).ok();
        assert!(created.contains(&format!("{template}/{file}")), "{created}");
        let deployed = user.run(&["deploy", template, "--json"]).json();
        assert_eq!(deployed["name"], template);
        assert_eq!(deployed["version"], 1);
        if template == "cron" {
            assert_eq!(user.run(&["invoke", "cron"]).ok(), "null\n");
            let logs = user.run(&["logs", "cron"]).ok();
            assert!(
                logs.contains("running for") && logs.contains("eu"),
                "{logs}"
            );
            continue;
        }
        let path = format!("/f/{template}?name=Ada");
        let body = if template == "ts" {
            r#"{"name": "Ada"}"#
        } else {
            ""
        };
        let (status, answer) = server.send("POST", &path, body);
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer, json!({"text": "Hello, Ada!"}), "{template}");
        assert!(
            deployed["url"]
                .as_str()
                .unwrap()
                .ends_with(&format!("/f/{template}"))
        );
    }
    let again = user.run(&["init", "http"]).failed(1);
    assert!(again.contains("exists already"), "{again}");
}

#[test]
fn the_tests_of_the_templates_pass() {
    let user = User::new();
    let version = Command::new("node").arg("--version").output();
    let Ok(version) = version else {
        eprintln!("skipped: node is not installed");
        return;
    };
    let version = String::from_utf8(version.stdout).unwrap();
    let major = version.trim_start_matches('v').split('.').next().unwrap();
    for template in ["http", "cron", "lambda", "ts"] {
        // Node.js removes types of TypeScript since 22.18.
        if template == "ts" && major.parse::<u32>().unwrap() < 23 {
            eprintln!("skipped: {version} does not run TypeScript");
            continue;
        }
        user.run(&["init", "--template", template, template]).ok();
        let tested = Command::new("node")
            .arg("--test")
            .current_dir(user.path(template))
            .output()
            .unwrap();
        assert!(tested.status.success(), "{template}: {tested:?}");
    }
}

#[test]
fn the_same_content_is_not_uploaded_again() {
    let (server, _folder) = server();
    let user = User::of(&server);
    user.write("f/index.js", "export default () => 1");
    assert_eq!(user.run(&["deploy", "f", "--json"]).json()["version"], 1);
    let again = user.run(&["deploy", "f"]).ok();
    assert!(again.starts_with("f version 1 (unchanged)"), "{again}");
    user.write("f/index.js", "export default () => 2");
    let changed = user.run(&["deploy", "f", "--json"]).json();
    assert_eq!(changed["version"], 2);
    assert_eq!(changed["changes"][0]["what"], "code");
}

#[test]
fn a_settings_file_is_applied_and_its_changes_are_named() {
    let (server, _folder) = server();
    let user = User::of(&server);
    user.write("f/handler.js", "export default (input, { env }) => env");
    let settings = |timeout: u32, env: Value| {
        let file = json!({"name": "g", "description": "d", "main": "handler.js",
            "config": {"timeout": timeout, "kv": true}, "env": env});
        user.write("f/faas.json", &file.to_string());
    };
    settings(5_000, json!({"A": "1", "B": "2"}));
    user.run(&["deploy", "f"]).ok();
    let shown = user.run(&["show", "g", "--json"]).json();
    assert_eq!(shown["config"]["timeout"], 5_000);
    assert_eq!(shown["config"]["kv"], true);
    assert_eq!(
        user.run(&["invoke", "g"]).ok(),
        "{\"A\":\"1\",\"B\":\"2\"}\n"
    );
    settings(6_000, json!({"A": "3"}));
    let plan = user.run(&["deploy", "f", "--dry-run"]);
    assert_eq!(plan.out, "g would be changed\n");
    for change in [
        "~ config.timeout: 5000 → 6000",
        "~ env.A: \"1\" → \"3\"",
        "- env.B: \"2\"",
    ] {
        assert!(plan.err.contains(change), "{plan:?}");
    }
    assert_eq!(
        user.run(&["invoke", "g"]).ok(),
        "{\"A\":\"1\",\"B\":\"2\"}\n"
    );
    user.run(&["deploy", "f", "--yes"]).ok();
    assert_eq!(user.run(&["invoke", "g"]).ok(), "{\"A\":\"3\"}\n");
    let plan = user.run(&["deploy", "f", "--dry-run"]).ok();
    assert_eq!(plan, "g would stay as it is\n");
}

#[test]
fn unknown_settings_are_refused_with_a_suggestion() {
    let user = User::new();
    user.write("f/index.js", "export default () => 1");
    user.write("f/faas.json", r#"{"config": {"timout": 1}}"#);
    let refused = user.run(&["deploy", "f"]).failed(1);
    assert!(
        refused.contains(r#"did you mean "config.timeout"?"#),
        "{refused}"
    );
    std::fs::remove_file(user.path("f/faas.json")).unwrap();
    user.write("f/faas.toml", "listen = \"127.0.0.1:5000\"\n");
    let refused = user.run(&["deploy", "f"]).failed(1);
    assert!(refused.contains("settings file of a server"), "{refused}");
}

#[test]
fn a_file_is_uploaded_with_what_it_imports_and_nothing_else() {
    let (server, _folder) = server();
    let user = User::of(&server);
    user.write("p/package.json", r#"{"name": "p"}"#);
    user.write(
        "p/src/price.ts",
        "import { tax } from '../lib/tax'; export default (input: number) => input * tax",
    );
    user.write("p/lib/tax.ts", "export const tax: number = 2;");
    user.write("p/lib/unused.ts", "export const unused = 1;");
    let deployed = user.run(&["deploy", "p/src/price.ts"]).ok();
    assert!(
        deployed.starts_with("price version 1 (created)"),
        "{deployed}"
    );
    assert_eq!(user.run(&["invoke", "price", "-d", "21"]).ok(), "42\n");
    let modules = &user.run(&["show", "price", "--json"]).json()["modules"];
    let modules: Vec<_> = modules.as_object().unwrap().keys().collect();
    assert_eq!(modules, ["lib/tax.ts", "src/price.ts"]);
    let again = user.run(&["deploy", "p/src/price.ts"]).ok();
    assert!(again.contains("unchanged"), "{again}");
}

#[test]
fn packages_need_esbuild_and_the_error_says_how_to_install_it() {
    let (server, _folder) = server();
    let user = User::of(&server);
    user.write(
        "f/index.js",
        "import ms from 'ms'; export default () => ms('1s')",
    );
    user.write("f/package.json", r#"{"dependencies": {"ms": "2"}}"#);
    let refused = user.run(&["deploy", "f"]).failed(1);
    assert!(
        refused.contains("npm install --save-dev esbuild"),
        "{refused}"
    );
    // What no package.json lists, the server refuses.
    std::fs::remove_file(user.path("f/package.json")).unwrap();
    let refused = user.run(&["deploy", "f"]).failed(1);
    assert!(refused.contains("npm install ms"), "{refused}");
}

#[cfg(unix)]
#[test]
fn packages_are_bundled_with_the_esbuild_of_the_project() {
    let Some(modules) = esbuild() else { return };
    let (server, _folder) = server();
    let user = User::of(&server);
    user.write("f/index.ts", "import punycode from 'punycode/'; export default (input: string) => punycode.encode(input)");
    std::os::unix::fs::symlink(modules, user.path("f/node_modules")).unwrap();
    let deployed = user.run(&["deploy", "f"]);
    assert!(
        deployed.err.contains("bundled with esbuild"),
        "{deployed:?}"
    );
    deployed.ok();
    assert_eq!(
        user.run(&["invoke", "f", "-d", "\"mañana\""]).ok(),
        "\"maana-pta\"\n"
    );
    let again = user.run(&["deploy", "f"]).ok();
    assert!(again.contains("unchanged"), "{again}");
    user.write(
        "f/index.ts",
        "import punycode from 'punycode/'; export default (",
    );
    let refused = user.run(&["deploy", "f"]).failed(1);
    assert!(refused.contains("line 1, column 51"), "{refused}");
}

#[test]
fn code_that_does_not_compile_is_refused_with_its_place() {
    let (server, _folder) = server();
    let user = User::of(&server);
    user.write("bad.js", "return 1 +\n  * 2");
    let refused = user.run(&["deploy", "bad.js"]).failed(1);
    assert!(
        refused.contains("2:3") || refused.contains("line 2"),
        "{refused}"
    );
}
