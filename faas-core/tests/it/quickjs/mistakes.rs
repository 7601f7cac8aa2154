//! Common mistakes: each message says what is wrong, where, and what to do.

use super::rig::Rig;

/// What a mistake ends in.
enum Says {
    /// The upload is refused: line, column, and a part of the message.
    Upload(u32, u32, &'static str),
    /// The upload is refused as a whole.
    Whole(&'static str),
    /// The call fails: a part of the message, and of the stack.
    Call(&'static str, &'static str),
}

use Says::{Call, Upload, Whole};

const MISTAKES: [(&str, Says); 23] = [
    (
        "export default () => {\n  return { a: [1, 2 };\n}",
        Upload(2, 21, "Unexpected token '}'"),
    ),
    (
        "export default () => {\n  return 1;",
        Upload(2, 12, "a bracket is missing"),
    ),
    (
        "export default (url) => {\n  const x = await fetch(url);\n}",
        Upload(2, 13, "write `async` before the function"),
    ),
    (
        "function f() {\n  const x = await g();\n}",
        Upload(2, 13, "write `async` before the function"),
    ),
    (
        "import _ from 'lodash';\nexport default () => _",
        Upload(1, 15, "esbuild"),
    ),
    (
        "import d from './data.json';\nexport default () => d",
        Upload(1, 15, "upload it with the others in `modules`"),
    ),
    (
        "import x from 'node:nothing';\nexport default () => x",
        Upload(1, 15, "no built-in module"),
    ),
    (
        "const a = 1;\nconst a = 2;\nreturn a",
        Upload(2, 9, "redefinition"),
    ),
    (
        "return { a: 1,, b: 2 }",
        Upload(1, 15, "invalid property name"),
    ),
    ("return 'a\n'", Upload(1, 8, "template literal")),
    (
        "export default class Handler { run() {} }",
        Upload(1, 16, "is a class"),
    ),
    (
        "export const add = (a, b) => a + b",
        Whole("no handler, only add: export a function"),
    ),
    (
        "export default (n: number) => {\n  const x: = n;\n}",
        Upload(2, 12, "Unexpected token"),
    ),
    (
        "const axios = require('axios');\nmodule.exports = () => axios",
        Call(
            "the package \"axios\" is not part of the upload",
            "function.js:1:",
        ),
    ),
    (
        "const fs = require('fs');\nexports.handler = () =>\n  fs.readFileSync('/etc/passwd')",
        Call("functions have no files", "function.js:3:"),
    ),
    (
        "export default () =>\n  process.exit(1)",
        Call(
            "return from the handler, or throw an error",
            "function.js:2:",
        ),
    ),
    (
        "export default () =>\n  JSON.parse('{a: 1}')",
        Call("in JSON at position 1", "function.js:2:"),
    ),
    (
        "export default () =>\n  missing.name",
        Call("missing is not defined", "function.js:2:"),
    ),
    (
        "export default (input) =>\n  input.user.name",
        Call("cannot read property 'name' of undefined", "function.js:2:"),
    ),
    (
        "export default () =>\n  window.location",
        Call("there is no browser", "function.js:2:"),
    ),
    (
        "export default () =>\n  <b>hi</b>",
        Call("JSX calls `React.createElement`", "function.ts:"),
    ),
    (
        "export default () => 10n",
        Call("the result is not JSON: it contains a BigInt", ""),
    ),
    (
        "export default () => new Promise(() => {})",
        Call("never settles", ""),
    ),
];

#[test]
fn a_mistake_is_told_with_its_place_and_what_to_do() {
    let rig = Rig::new();
    for (source, says) in MISTAKES {
        match says {
            Upload(line, column, part) => {
                let error = rig.error(source);
                let place = (error.line, error.column);
                assert_eq!(place, (Some(line), Some(column)), "{source}\n{error:?}");
                assert!(error.message.contains(part), "{source}\n{}", error.message);
                let shown = source.lines().nth(line as usize - 1).unwrap();
                let caret = format!("{}^", " ".repeat(column as usize - 1));
                assert!(error.message.contains(shown), "{}", error.message);
                assert!(error.message.contains(&caret), "{}", error.message);
            }
            Whole(part) => {
                let error = rig.error(source);
                assert!(error.message.contains(part), "{source}\n{}", error.message);
            }
            Call(part, place) => {
                let failure = rig.run(source, "{}").result.unwrap_err();
                let stack = failure.stack.clone().unwrap_or_default();
                assert!(failure.message.contains(part), "{source}\n{failure:?}");
                assert!(stack.contains(place), "{source}\n{failure:?}");
            }
        }
    }
}
