//! The handlers of other platforms. `examples/functions/` has one of each.

use faas_core::model::FunctionId;
use serde_json::{Value, json};

use super::rig::Rig;

macro_rules! example {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../../examples/functions/", $name)),
        )
    };
}

/// The examples that need no class of the web platform.
const PLAIN: [(&str, &str); 9] = [
    example!("node-http.js"),
    example!("lambda.mjs"),
    example!("lambda-callback.js"),
    example!("openfaas.js"),
    example!("openwhisk.js"),
    example!("fission.js"),
    example!("nuclio.js"),
    example!("function.ts"),
    example!("body.js"),
];

/// The examples that take a `Request` and return a `Response`.
const WEB: [(&str, &str); 5] = [
    example!("workers.js"),
    example!("service-worker.js"),
    example!("deno.ts"),
    example!("vercel.ts"),
    example!("request.js"),
];

#[test]
fn each_example_greets() {
    let rig = Rig::new();
    for (name, source) in PLAIN {
        let value = rig.value(source, r#"{"name": "Ada"}"#);
        assert_eq!(value, json!({ "greeting": "Hello, Ada!" }), "{name}");
    }
    for (name, source) in WEB {
        let value = rig.value(source, r#"{"name": "Ada"}"#);
        assert_eq!(value, json!({ "greeting": "Hello, Ada!" }), "{name}");
    }
}

fn check(snippets: &[(&str, Value)]) {
    let rig = Rig::new();
    for (source, expected) in snippets {
        let outcome = rig.run(source, r#"{"a": 2}"#);
        let value = match outcome.result {
            Ok(output) => serde_json::from_str(output.as_str()).unwrap(),
            Err(failure) => json!({ "failed": failure.message }),
        };
        assert_eq!(value, *expected, "{source}");
    }
}

#[test]
fn a_lambda_handler_ends_by_its_callback_its_context_or_its_promise() {
    check(&[
        (
            "exports.handler = (event, context, callback) => callback(null, event.a)",
            json!(2),
        ),
        (
            "exports.handler = (event, context, callback) => callback(new Error('no'))",
            json!({ "failed": "Error: no" }),
        ),
        (
            "exports.handler = (event, context) => { context.succeed(event.a + 1) }",
            json!(3),
        ),
        (
            "exports.handler = (event, context) => { context.done(null, 4) }",
            json!(4),
        ),
        (
            "exports.handler = (event, context) => { context.fail('why') }",
            json!({ "failed": "why" }),
        ),
        (
            "exports.handler = async (event, context, callback) => event.a",
            json!(2),
        ),
        (
            "exports.handler = async (event, context, callback) => { callback(null, 5) }",
            json!(5),
        ),
        (
            "exports.handler = function (event, context, callback) { context.callbackWaitsForEmptyEventLoop = false; setTimeout(callback, 1, null, 6) }",
            json!(6),
        ),
        (
            "export const handler = async (event, context) => [context.memoryLimitInMB, typeof context.awsRequestId, context.getRemainingTimeInMillis() > 0, context.functionName]",
            json!(["64", "string", true, "adder"]),
        ),
        (
            "export function handler(event, context, callback) { callback(null, 7) }",
            json!(7),
        ),
    ]);
}

#[test]
fn a_node_handler_answers_with_its_response() {
    check(&[
        (
            "module.exports = (req, res) => res.json({ got: req.body.a, method: req.method })",
            json!({ "got": 2, "method": "POST" }),
        ),
        (
            "export default function handler(req, res) { res.status(404).send('gone') }",
            json!({ "status": 404, "headers": {}, "body": "gone" }),
        ),
        (
            "exports.anything = async (req, res) => { res.setHeader('Content-Type', 'application/json'); res.write('{\"b\":'); res.end('1}') }",
            json!({ "b": 1 }),
        ),
        (
            "export default (request, response) => { response.end() }",
            Value::Null,
        ),
        (
            "module.exports = async (req, res) => { throw new Error('broken'); res.end() }",
            json!({ "failed": "Error: broken" }),
        ),
        (
            "module.exports = (req, res) => { let text = ''; req.on('data', (part) => { text += part }); req.on('end', () => res.send(text)) }",
            json!("{\"a\":2}"),
        ),
    ]);
}

#[test]
fn open_faas_fission_and_nuclio_handlers_answer_as_their_templates_do() {
    check(&[
        (
            "module.exports = async (event, context) => context.status(200).succeed(event.body)",
            json!({ "a": 2 }),
        ),
        (
            "module.exports = async (event, context) => context.headers({ 'x-a': '1' }).status(500).succeed('no')",
            json!({ "status": 500, "headers": { "x-a": "1" }, "body": "no" }),
        ),
        (
            "module.exports = async (event, context) => context.fail('why')",
            json!({ "failed": "why" }),
        ),
        (
            "module.exports = async (context) => ({ status: 200, body: 'hello' })",
            json!("hello"),
        ),
        (
            "module.exports = async (context) => ({ status: 400, body: 'bad' })",
            json!({ "status": 400, "headers": {}, "body": "bad" }),
        ),
        (
            "exports.handler = (context, event) => context.callback(new context.Response('x', {}, 'text/plain', 201))",
            json!("x"),
        ),
    ]);
}

#[test]
fn handlers_of_this_platform_are_called_as_before() {
    check(&[
        ("exports.handler = (event, context) => event.a", json!(2)),
        (
            "module.exports = (input, context) => [input.a, typeof context.instanceId]",
            json!([2, "string"]),
        ),
        ("export default (req) => req.a", json!(2)),
        ("module.exports = (req, res) => req.a", json!(2)),
        (
            "exports.handler = (event, callback) => typeof callback",
            json!("object"),
        ),
    ]);
}

#[test]
fn a_program_that_registers_its_handler_is_evaluated_once() {
    let rig = Rig::new();
    let source = "let calls = 0; Deno.serve(() => [++calls, Deno.env.get('NONE')])";
    let program = rig.compile(source);
    let id = FunctionId::from_u128(fastrand::u128(..));
    for _ in 0..2 {
        let outcome = rig.call(id, &program, "{}");
        if let Err(failure) = outcome.result {
            assert!(failure.message.contains("needs Request"), "{failure:?}");
        }
    }
}
