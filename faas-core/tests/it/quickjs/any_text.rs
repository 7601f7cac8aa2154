//! Random texts: each one compiles, or is refused at a place that exists; and a text that compiles
//! can be called.

use std::cell::Cell;
use std::time::Duration;

use faas_core::model::{FailureKind, FunctionId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::rig::Rig;

const WORDS: [&str; 98] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "=>",
    "=",
    "==",
    "+",
    "++",
    "-",
    "*",
    "**",
    "/",
    "%",
    "!",
    "?",
    "?.",
    "??",
    ":",
    ";",
    ",",
    ".",
    "...",
    "`",
    "`${",
    "'",
    "\"",
    "\\",
    "#",
    "@",
    "<",
    ">>>",
    "&&",
    "\n",
    "\r\n",
    "\u{2028}",
    "\t",
    "//",
    "/*",
    "*/",
    "<!--",
    "-->",
    "a",
    "b",
    "input",
    "context",
    "handler",
    "main",
    "0",
    "1",
    "1n",
    "0x",
    "1e",
    ".5",
    "/a/g",
    "'s'",
    "return",
    "function",
    "async",
    "await",
    "yield",
    "class",
    "extends",
    "static",
    "get",
    "const",
    "let",
    "var",
    "if",
    "else",
    "for",
    "of",
    "while",
    "do",
    "switch",
    "try",
    "catch",
    "finally",
    "throw",
    "new",
    "import",
    "export default",
    "export {",
    "from",
    "exports.handler",
    "module.exports",
    "exports",
    "instanceId",
    "arguments",
    "using",
    "'use strict'",
    "\u{feff}",
    "#!",
    "\r",
    "(input) =>",
    ": string",
];

const SEEDS: [&str; 14] = [
    "return input.a + 1;",
    "function add(input, context) {\n  return input;\n}\nconst b = 1;",
    "export default async (input) => {\n  await null;\n  return { input };\n};",
    "const f = ({ a = 1, ...b }, [c] = []) => `${a}${b}`;\nreturn f(input);",
    "for (const [k, v] of Object.entries(input)) {\n  if (k) continue;\n}\nreturn 1",
    "class A { #x = 1; static { this.y = 2; } get x() { return this.#x; } }\nreturn new A().x",
    "label: for (;;) { break label; }\nreturn /[a-z]+(?<n>x)/u.exec('x')?.groups",
    "(input) => {\n  return input.a\n}",
    "'use strict';\n(() => { const k = 1; return async ({ a }) => a + k })();",
    "const input = 5, context = { a: 1 };\nif (!input) throw new Error('x')",
    "exports.handler = async (event) => ({ event });\nmodule.exports.other = 1",
    "module.exports = { handler: function (input) { return this } }",
    "interface A { b: string }\nconst f = <T,>(a: T): T => a as T;\nreturn <div>{f(1)}</div>",
    "export { handler };\nasync function* g() { yield* g(); }\nfunction handler() { return null }",
];

fn text() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(&WORDS[..]), 0..40);
    let soup =
        (words, prop::sample::select(vec![" ", ""])).prop_map(|(w, between)| w.join(between));
    // A text that is cut and continued with another one, or that has a word inserted.
    let seed = || prop::sample::select(&SEEDS[..]);
    let spliced = (
        seed(),
        seed(),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(first, second, to, from)| {
            let (to, from) = (to.index(first.len()), from.index(second.len()));
            format!(
                "{}{}",
                &first[..first.floor_char_boundary(to)],
                &second[second.floor_char_boundary(from)..]
            )
        });
    let mutated = (
        seed(),
        prop::sample::select(&WORDS[..]),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(text, word, at)| {
            let at = text.floor_char_boundary(at.index(text.len()));
            format!("{}{word}{}", &text[..at], &text[at..])
        });
    prop_oneof![4 => soup, 3 => spliced, 3 => mutated, 1 => "\\PC{0,60}", 1 => any::<String>()]
}

#[test]
fn any_text_compiles_or_is_refused_at_a_place_in_it() {
    const CASES: u32 = 1_000;
    let mut rig = Rig::new();
    rig.limits.timeout = Duration::from_millis(50);
    let compiled = Cell::new(0);
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&text(), |text| {
            let program = match rig.quickjs_compile(&text) {
                Ok(program) => program,
                Err(error) => {
                    // A carriage return ends a line, as in every editor.
                    let lines = text.replace("\r\n", "\n").split(['\n', '\r']).count();
                    let line = error.line.map_or(1, |line| line as usize);
                    prop_assert!(
                        (1..=lines).contains(&line),
                        "{:?} in {} lines",
                        error,
                        lines
                    );
                    prop_assert!(error.column != Some(0), "{:?}", error);
                    prop_assert!(!error.temporary, "{:?}", error);
                    return Ok(());
                }
            };
            compiled.set(compiled.get() + 1);
            let outcome = rig.call(FunctionId::from_u128(fastrand::u128(..)), &program, "{}");
            if let Err(failure) = outcome.result {
                prop_assert!(failure.kind != FailureKind::Platform, "{:?}", failure);
            }
            Ok(())
        })
        .unwrap();
    // Otherwise the test would have tried only one of the two outcomes.
    let some = CASES / 20..CASES - CASES / 20;
    assert!(some.contains(&compiled.get()), "{compiled:?} compiled");
}
