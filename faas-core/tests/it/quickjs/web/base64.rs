use serde_json::json;

use super::assert_values;

#[test]
fn base64_is_as_forgiving_as_the_standard() {
    assert_values(&[
        ("return btoa('h\u{e9}\\0')", json!("aOkA")),
        ("return atob(' aO\\nkA').length", json!(3)),
        ("return atob('eA')", json!("x")),
        ("return atob('eA==')", json!("x")),
        (
            "return [btoa(''), atob(''), btoa(null)]",
            json!(["", "", "bnVsbA=="]),
        ),
        (
            "try { atob('e') } catch (e) { return [e.name, e.code] }",
            json!(["InvalidCharacterError", 5]),
        ),
        (
            "try { atob('eA=') } catch (e) { return e.name }",
            json!("InvalidCharacterError"),
        ),
        (
            "try { btoa('\u{20ac}') } catch (e) { return e.name }",
            json!("InvalidCharacterError"),
        ),
        (
            "try { atob() } catch (e) { return e.name }",
            json!("TypeError"),
        ),
    ]);
}
