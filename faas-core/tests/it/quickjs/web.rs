//! The web platform that functions find.

use serde_json::json;

use super::rig::Rig;

mod base64;
mod encoding;
mod url;
mod url_pattern;

/// Asserts the value of each body.
fn assert_values(cases: &[(&str, serde_json::Value)]) {
    let rig = Rig::new();
    for (source, expected) in cases {
        assert_eq!(&rig.value(source, "{}"), expected, "{source}");
    }
}

/// Asserts for each expression the name of the error that it throws.
fn assert_throws(cases: &[(&str, &str)]) {
    let rig = Rig::new();
    for (expression, name) in cases {
        let source = format!(
            "try {{ return [await ({expression})] }} catch (error) {{ return error.name }}"
        );
        assert_eq!(&rig.value(&source, "{}"), name, "{expression}");
    }
}

#[test]
fn a_global_can_be_replaced_before_and_after_it_is_used() {
    assert_values(&[
        (
            "globalThis.atob = () => 1; return [atob('eA=='), btoa('x')]",
            json!([1, "eA=="]),
        ),
        ("btoa('x'); atob = () => 1; return atob('eA==')", json!(1)),
        (
            "delete globalThis.atob; return [typeof atob, btoa('x')]",
            json!(["undefined", "eA=="]),
        ),
    ]);
}
