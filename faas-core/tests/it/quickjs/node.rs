//! The modules of Node and its globals.

use serde::Deserialize;
use serde_json::Value;

use super::rig::Rig;

#[derive(Deserialize)]
struct Case {
    module: String,
    source: String,
    expected: Value,
}

/// Asserts that a module returns what Node does: `node/cases.mjs` has asked it.
fn assert_as_node(modules: &[&str]) {
    let cases: Vec<Case> = serde_json::from_str(include_str!("node/cases.json")).unwrap();
    let rig = Rig::new();
    let mut count = 0;
    let mut problems = Vec::new();
    for case in cases.iter().filter(|case| modules.contains(&&*case.module)) {
        let source = format!(
            "const node = (name) => process.getBuiltinModule(name); {}",
            case.source
        );
        match rig.run(&source, "{}").result {
            Ok(output) if output.to::<Value>().unwrap() == case.expected => {}
            Ok(output) => problems.push(format!(
                "{}\n  returned {output}\n  expected {}",
                case.source, case.expected
            )),
            Err(failure) => problems.push(format!("{}\n  {failure:?}", case.source)),
        }
        count += 1;
    }
    assert!(count > 0);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn buffers_do_what_nodes_do() {
    assert_as_node(&["buffer", "string_decoder"]);
}

#[test]
fn event_emitters_do_what_nodes_do() {
    assert_as_node(&["events", "diagnostics_channel"]);
}

#[test]
fn util_and_assert_do_what_nodes_do() {
    assert_as_node(&["util", "assert"]);
}

#[test]
fn paths_and_addresses_are_those_of_node() {
    assert_as_node(&["path", "url", "querystring"]);
}

#[test]
fn process_and_timers_do_what_nodes_do() {
    assert_as_node(&["process", "timers"]);
}

#[test]
fn streams_do_what_nodes_do() {
    assert_as_node(&["stream"]);
}

#[test]
fn hashes_and_derived_keys_are_those_of_node() {
    assert_as_node(&["crypto"]);
}

#[test]
fn compressed_data_is_that_of_node() {
    assert_as_node(&["zlib"]);
}

#[test]
fn a_value_of_async_local_storage_follows_asynchronous_code() {
    assert_as_node(&["async_hooks"]);
}

#[test]
fn modules_without_a_use_in_functions_exist() {
    assert_as_node(&["fs", "others"]);
}
