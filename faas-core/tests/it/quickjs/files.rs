//! Functions of several files: imports, `require`, JSON, and where errors are.

use std::sync::Arc;

use faas_core::error::CompileError;
use faas_core::model::{FunctionId, Language, Modules, Source};
use faas_core::runtime::{Program, Runtime};
use serde_json::{Value, json};

use super::rig::Rig;

/// The source of files, the first of which is the main one.
fn source(files: &[(&str, &str)]) -> Source {
    let (main, code) = files[0];
    let others = files[1..].iter();
    Source {
        code: code.into(),
        language: None,
        modules: Some(Arc::new(Modules {
            main: main.into(),
            others: others
                .map(|(path, text)| ((*path).into(), (*text).into()))
                .collect(),
        })),
    }
}

fn compile(rig: &Rig, files: &[(&str, &str)]) -> Program {
    rig.quickjs
        .compile(&source(files))
        .unwrap_or_else(|error| panic!("{error}: {files:?}"))
}

fn refused(rig: &Rig, files: &[(&str, &str)]) -> CompileError {
    match rig.quickjs.compile(&source(files)) {
        Ok(_) => panic!("it compiled: {files:?}"),
        Err(error) => error,
    }
}

fn value(rig: &Rig, files: &[(&str, &str)], input: &str) -> Value {
    let function = FunctionId::from_u128(fastrand::u128(..));
    let outcome = rig.call(function, &compile(rig, files), input);
    rig.quickjs.forget(function);
    match outcome.result {
        Ok(output) => serde_json::from_str(output.as_str()).unwrap(),
        Err(failure) => panic!("{failure:?}: {files:?}"),
    }
}

#[test]
fn files_import_each_other_with_and_without_their_ending() {
    let rig = Rig::new();
    let files = [
        (
            "index.ts",
            "import { total } from './lib/price';\nimport tax from './lib/tax.js';\nimport data from './data.json';\nimport same from './data.json' with { type: 'json' };\nimport text from './note.txt';\nexport default async (input: { n: number }) => {\n  const late = await import('./lib/late.mjs');\n  return [total(input.n), tax, data.rate, same.rate, text, late.name, import.meta.url, late.url];\n}",
        ),
        (
            "lib/price.ts",
            "import tax from './tax';\nexport const total = (n: number): number => n * 2 + tax;",
        ),
        ("lib/tax.ts", "const tax: number = 1; export default tax;"),
        (
            "lib/late.mjs",
            "export const name = 'late'; export const url = import.meta.url;",
        ),
        ("data.json", "{\"rate\": 7}"),
        ("note.txt", "a note"),
    ];
    assert_eq!(
        value(&rig, &files, "{\"n\": 5}"),
        json!([
            11,
            1,
            7,
            7,
            "a note",
            "late",
            "file:///index.ts",
            "file:///lib/late.mjs"
        ])
    );
}

#[test]
fn es_modules_and_common_js_load_each_other() {
    let rig = Rig::new();
    let files = [
        (
            "index.js",
            "import sum, { twice } from './math.cjs';\nimport * as all from './math.cjs';\nexport default (input) => [sum(1, 2), twice(4), typeof all.default, all.twice(1)];",
        ),
        (
            "math.cjs",
            "const { base } = require('./base');\nmodule.exports = (a, b) => a + b + base;\nmodule.exports.twice = (n) => n * 2;",
        ),
        (
            "base.js",
            "exports.base = require('./data').base; exports.file = __filename;",
        ),
        ("data.json", "{\"base\": 10}"),
    ];
    assert_eq!(value(&rig, &files, "{}"), json!([13, 8, "function", 2]));

    let files = [
        (
            "index.js",
            "const a = require('./a');\nexports.handler = async () => [a.name, a.fromB, (await import('./c.mjs')).default, __filename, __dirname, require.resolve('./lib')];",
        ),
        (
            "a.js",
            "exports.name = 'a'; exports.fromB = require('./b').seen;",
        ),
        (
            "b.js",
            "exports.seen = require('./a').name + ' was seen by b';",
        ),
        ("c.mjs", "export default 'c'"),
        ("lib/index.js", ""),
    ];
    assert_eq!(
        value(&rig, &files, "{}"),
        json!([
            "a",
            "a was seen by b",
            "c",
            "/index.js",
            "/",
            "lib/index.js"
        ])
    );
}

#[test]
fn a_module_is_evaluated_once_however_it_is_loaded() {
    let rig = Rig::new();
    let files = [
        (
            "index.mjs",
            "import './count.cjs';\nimport { n } from './other.mjs';\nexport default async () => { await import('./count.cjs'); return [globalThis.count, n]; }",
        ),
        (
            "other.mjs",
            "import count from './count.cjs'; export const n = count.n;",
        ),
        (
            "count.cjs",
            "globalThis.count = (globalThis.count ?? 0) + 1; exports.n = globalThis.count;",
        ),
    ];
    let program = compile(&rig, &files);
    let id = FunctionId::from_u128(fastrand::u128(..));
    for _ in 0..2 {
        assert_eq!(
            rig.call(id, &program, "{}").result.unwrap().as_str(),
            "[1,1]"
        );
    }
}

#[test]
fn errors_name_the_file_the_line_and_the_column() {
    let rig = Rig::new();
    let main = (
        "index.ts",
        "import { a } from './lib/a'; export default () => a()",
    );
    for (path, text, place, message) in [
        (
            "lib/a.ts",
            "export const a = () => {\n  return 1 +;\n}",
            (2, 13),
            "lib/a.ts at line 2, column 13: ",
        ),
        (
            "lib/a.ts",
            "export const a =\n  'x' satisfies;",
            (2, 16),
            "lib/a.ts at line 2",
        ),
        (
            "lib/a.ts",
            "import 'left-pad';\nexport const a = 1",
            (1, 8),
            "npx esbuild",
        ),
        (
            "lib/a.js",
            "const a = 1\nexports.a = a b",
            (2, 15),
            "expecting ';'",
        ),
    ] {
        let error = refused(&rig, &[main, (path, text)]);
        assert!(error.message.contains(message), "{error}");
        assert_eq!(
            (error.line, error.column),
            (Some(place.0), Some(place.1)),
            "{error}"
        );
    }
    let error = refused(
        &rig,
        &[
            (
                "index.js",
                "import d from './d.json'; export default () => d",
            ),
            ("d.json", "{\n  \"a\": ,\n}"),
        ],
    );
    assert_eq!((error.line, error.column), (Some(2), Some(8)), "{error}");
    let error = refused(
        &rig,
        &[
            ("index.js", "import './gone'; export default () => 1"),
            ("a.js", ""),
        ],
    );
    assert!(
        error.message.contains("there is no file for \"./gone\""),
        "{error}"
    );
    let error = refused(
        &rig,
        &[("index.js", "import '../index.js'; export default () => 1")],
    );
    assert!(error.message.contains("outside the upload"), "{error}");
}

#[test]
fn stacks_have_the_places_of_the_users_files() {
    let rig = Rig::new();
    let files = [
        (
            "index.ts",
            "import { fail } from './lib/fail';\n\ninterface Input { n: number }\n\nexport default function handler(input: Input) {\n  return fail(input.n);\n}",
        ),
        (
            "lib/fail.ts",
            "enum Kind { A, B }\n\ntype T = number;\n\nexport function fail(n: T): never {\n  const kind: Kind = Kind.B;\n  throw new Error(`failed ${n} ${kind}`);\n}",
        ),
    ];
    let id = FunctionId::from_u128(fastrand::u128(..));
    let failure = rig
        .call(id, &compile(&rig, &files), "{\"n\": 1}")
        .result
        .unwrap_err();
    assert_eq!(failure.message, "Error: failed 1 1");
    let stack = failure.stack.unwrap();
    assert!(stack.contains("fail (lib/fail.ts:7:"), "{stack}");
    assert!(stack.contains("handler (index.ts:6:"), "{stack}");

    let source = "type A = number;\n\nreturn new Error('x' as string).stack";
    let stack = rig.value(source, "{}");
    assert!(
        stack.as_str().unwrap().contains("(function.ts:3:"),
        "{stack}"
    );
    let source = "interface A {}\n\nconsole.log(new Error('logged' as string));\nreturn 1";
    let outcome = rig.run(source, "{}");
    assert!(
        outcome.logs[0].message.contains("function.ts:3:"),
        "{:?}",
        outcome.logs
    );
}

#[test]
fn a_language_that_is_told_is_used() {
    let rig = Rig::new();
    let told = |code: &str, language| {
        rig.quickjs.compile(&Source {
            language: Some(language),
            ..Source::from(code)
        })
    };
    let program = told("return (input as any).a", Language::TypeScript).unwrap();
    let id = FunctionId::from_u128(fastrand::u128(..));
    assert_eq!(
        rig.call(id, &program, "{\"a\": 3}")
            .result
            .unwrap()
            .as_str(),
        "3"
    );
    assert!(told("return 1", Language::JavaScript).is_ok());
    let error = told("return input as any", Language::JavaScript).unwrap_err();
    assert!(
        error.message.contains("set it to \"typescript\""),
        "{error}"
    );
    assert_eq!((error.line, error.column), (Some(1), Some(14)));
    let error = told("let x: = 1", Language::TypeScript).unwrap_err();
    assert_eq!((error.line, error.column), (Some(1), Some(8)), "{error}");
}

#[test]
fn a_thousand_files_load() {
    let rig = Rig::new();
    let texts: Vec<(String, String)> = (0..999)
        .map(|n| {
            let next = if n % 50 == 49 { 999 } else { n + 1 };
            let text = format!("import next from './m{next}.js'; export default next + 1");
            (format!("m{n}.js"), text)
        })
        .chain([("m999.js".to_owned(), "export default 0".to_owned())])
        .collect();
    let imports = (0..999).step_by(50);
    let imports = imports.map(|n| format!("import n{n} from './m{n}.js';\n"));
    let main = imports.collect::<String>() + "export default () => n0 + n950";
    let mut files = vec![("index.js", main.as_str())];
    files.extend(
        texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str())),
    );
    assert_eq!(value(&rig, &files, "{}"), 99);
}

#[test]
fn a_name_of_a_module_that_code_makes_up_reaches_nothing() {
    let rig = Rig::new();
    for specifier in [
        "<platform>",
        "../../etc/passwd",
        "/etc/passwd",
        "file:///etc/passwd",
        "node:fs2",
        "\\u0000",
        "https://x/",
    ] {
        let source = format!(
            "export default async () => {{ try {{ await import('{specifier}'); return 'loaded' }} catch (error) {{ return error.name }} }}"
        );
        assert_eq!(rig.value(&source, "{}"), "ReferenceError", "{specifier}");
        let source = format!(
            "try {{ require('{specifier}'); return 'loaded' }} catch (error) {{ return error.code }}"
        );
        assert_eq!(rig.value(&source, "{}"), "MODULE_NOT_FOUND", "{specifier}");
    }
}
