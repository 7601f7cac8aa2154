//! What bindings promise, without code that calls them.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;
use crate::model::{ExecutionId, FunctionId, Json, Timestamp};

#[derive(Deserialize, JsonSchema)]
struct Reserve {
    sku: String,
    /// One, if it is absent.
    count: Option<u32>,
    #[serde(rename = "for")]
    #[expect(dead_code, reason = "only its type matters")]
    customer: Customer,
}

/// Who buys.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[expect(dead_code, reason = "only its type matters")]
enum Customer {
    Guest,
    Known { id: u64, tags: Vec<Option<String>> },
}

#[derive(Serialize, JsonSchema)]
struct Reserved {
    id: String,
    left: (u32, f64),
}

fn inventory() -> Binding {
    Binding::new("inventory")
        .function("reserve", |call: HostCall, item: Reserve| async move {
            if item.count == Some(0) {
                return Err(HostError::new("NOTHING", "nothing to reserve"));
            }
            Ok(Reserved {
                id: format!("{}-{}", item.sku, call.attempt),
                left: (1, 2.5),
            })
        })
        .bytes_function("hash", |_, bytes| async move { Ok(bytes) })
        .function("count", |_, (): ()| async { Ok(3) })
        .transform_function("copy", |_, body| async { Ok(body) })
        .upload_function("length", |_, mut body: ByteStream| async move {
            let mut length = 0;
            while let Some(piece) = body.next().await {
                length += piece?.len();
            }
            Ok(length)
        })
        .stream_function("split", |_, text: String| async move {
            let (mut words, stream) = ByteStream::channel();
            tokio::spawn(async move {
                for word in text.split(' ') {
                    words.send(word.to_owned()).await.unwrap();
                }
            });
            Ok(stream)
        })
}

fn bindings() -> Bindings {
    let secret = Binding::new("secret").restricted();
    let secret = secret.function("read", |_, (): ()| async { Ok("hush") });
    Bindings::new(vec![inventory(), secret], &[]).unwrap()
}

fn call() -> HostCall {
    HostCall {
        function_id: FunctionId::from_u128(1),
        function_name: "f".into(),
        function_version: 1,
        execution_id: ExecutionId::from_u128(2),
        attempt: 4,
        deadline: Timestamp::from_millis(0),
        caller: None,
    }
}

/// Returns the bytes of the answer; JSON as its text.
async fn ask(
    given: Option<&[Arc<str>]>,
    name: &str,
    argument: Content,
) -> Result<Vec<u8>, HostError> {
    let bindings = bindings();
    let given = bindings.given(given);
    let name = name.split_once('.').unwrap();
    match bindings.call(&given, call(), name, argument).await? {
        Content::Json(json) => Ok(json.bytes().to_vec()),
        Content::Bytes(bytes) => Ok(bytes.to_vec()),
        Content::Stream(mut stream) => {
            let mut all = Vec::new();
            while let Some(piece) = stream.next().await {
                all.extend(piece?);
            }
            Ok(all)
        }
    }
}

fn json(value: serde_json::Value) -> Content {
    Content::Json(Json::from(value))
}

fn bytes(bytes: &[u8]) -> Content {
    Content::Bytes(bytes.to_vec().into())
}

#[tokio::test]
async fn an_argument_is_read_into_its_type_and_the_result_is_json() {
    let argument = json(json!({ "sku": "a", "for": { "kind": "guest" } }));
    let reserved = ask(None, "inventory.reserve", argument).await;
    let expected = br#"{"id":"a-4","left":[1,2.5]}"#;
    assert_eq!(reserved.unwrap(), expected);
    let hashed = ask(None, "inventory.hash", bytes(&[0, 255])).await;
    assert_eq!(hashed.unwrap(), [0, 255]);
    let counted = ask(None, "inventory.count", json(json!(null))).await;
    assert_eq!(counted.unwrap(), b"3");
}

#[tokio::test]
async fn a_stream_passes_as_an_argument_and_as_a_result() {
    let stream = || ByteStream::from(Bytes::from_static(b"abc"));
    for argument in [Content::Stream(stream()), bytes(b"abc")] {
        let copied = ask(None, "inventory.copy", argument).await;
        assert_eq!(copied.unwrap(), b"abc");
    }
    let length = ask(None, "inventory.length", Content::Stream(stream())).await;
    assert_eq!(length.unwrap(), b"3");
    let split = ask(None, "inventory.split", json(json!("a b"))).await;
    assert_eq!(split.unwrap(), b"ab");
    let error = ask(None, "inventory.copy", json(json!(1))).await;
    assert!(
        error
            .unwrap_err()
            .message
            .ends_with("expected a ReadableStream or a Uint8Array")
    );
}

#[tokio::test]
async fn an_argument_of_another_type_is_refused_with_what_is_wrong() {
    for (name, argument, wrong) in [
        (
            "inventory.reserve",
            json(json!({ "count": 1 })),
            "missing field `sku`",
        ),
        ("inventory.reserve", bytes(&[1]), "expected a JSON value"),
        ("inventory.hash", json(json!([1])), "expected a Uint8Array"),
    ] {
        let error = ask(None, name, argument).await.unwrap_err();
        assert_eq!(error.code, "ERR_INVALID_ARGUMENT");
        assert!(error.message.contains(wrong), "{error}");
    }
}

#[tokio::test]
async fn a_name_that_a_function_was_not_given_is_refused_with_those_that_it_has() {
    let nothing = || json(json!(null));
    for (given, name, wrong) in [
        (
            None,
            "inventory.nope",
            "it has copy, count, hash, length, reserve, split",
        ),
        (None, "nope.read", "it has inventory"),
        (None, "secret.read", "it has inventory"),
        (Some(["secret".into()]), "inventory.count", "it has secret"),
        (Some(["other".into()]), "inventory.count", "it has none"),
    ] {
        let given = given.as_ref().map(<[Arc<str>; 1]>::as_slice);
        let error = ask(given, name, nothing()).await.unwrap_err();
        assert_eq!(error.code, "ERR_UNKNOWN_HOST_FUNCTION");
        assert!(error.message.ends_with(wrong), "{error}");
    }
    let listed: [Arc<str>; 1] = ["secret".into()];
    let read = ask(Some(&listed), "secret.read", nothing()).await;
    assert_eq!(read.unwrap(), br#""hush""#);
    let long = "n".repeat(100_000);
    let error = ask(None, &format!("{long}.{long}"), nothing()).await;
    assert!(error.unwrap_err().message.len() < 300);
}

#[test]
fn names_that_code_could_not_use_are_refused_when_the_platform_is_built() {
    let function = |name: &str| Binding::new("b").function(name, |_, (): ()| async { Ok(1) });
    for (bindings, wrong) in [
        (vec![Binding::new("a b")], "\"a b\" is no name"),
        (vec![Binding::new("")], "\"\" is no name"),
        (vec![Binding::new("1a")], "\"1a\" is no name"),
        (vec![Binding::new("env")], "env is a member of context"),
        (vec![Binding::new("a"), Binding::new("a")], "a exists twice"),
        (
            vec![function("then able")],
            "binding b: \"then able\" is no name",
        ),
        (
            vec![function("f").function("f", |_, (): ()| async { Ok(1) })],
            "binding b: the host function f exists twice",
        ),
    ] {
        let error = Bindings::new(bindings, &[]).unwrap_err().to_string();
        assert!(error.contains(wrong), "{error}");
    }
}

#[test]
fn the_types_of_all_bindings_are_described_in_typescript() {
    let text = bindings().typescript();
    for line in [
        "  readonly inventory: Bindings.inventory.Functions;",
        "  readonly secret?: Bindings.secret.Functions;",
        "    /** Who buys. */",
        "    type Customer = { kind: \"guest\" } | { id: number; kind: \"known\"; tags: (string | null)[] };",
        "    type Reserve = { count?: number | null; for: Customer; sku: string };",
        "    type Reserved = { id: string; left: [number, number] };",
        "      count(): Promise<number>;",
        "      hash(argument: Uint8Array | ArrayBuffer): Promise<Uint8Array>;",
        "      copy(argument: ReadableStream<Uint8Array> | Uint8Array | ArrayBuffer): Promise<ReadableStream<Uint8Array>>;",
        "      reserve(argument: Reserve): Promise<Reserved>;",
        "      read(): Promise<string>;",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
}
