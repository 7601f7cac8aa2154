//! Preset modules: JavaScript of the host that functions import.

use std::sync::Arc;

use faas_core::model::{Execution, FunctionConfig, Status};
use faas_core::platform::NewFunction;
use faas_core::runtime::{ModuleSource, QuickJsOptions};
use faas_core::{Error, Platform};
use serde_json::{Value, json};

use super::start;

/// A platform with these modules, and one instance, so that calls of a function share its isolate.
async fn build(modules: &[(&str, &str)]) -> Result<Platform, Error> {
    let runtime = start(QuickJsOptions {
        blank_isolates: 1,
        ..QuickJsOptions::default()
    });
    let mut builder = Platform::builder().runtime(runtime);
    for (name, text) in modules {
        builder = builder.module(name, *text);
    }
    builder
        .options(|options| options.max_instances = 1)
        .build()
        .await
}

async fn refused(modules: &[(&str, &str)]) -> String {
    match build(modules).await {
        Ok(_) => panic!("it was built: {modules:?}"),
        Err(error) => error.to_string(),
    }
}

async fn create(platform: &Platform, code: &str) -> Result<faas_core::model::FunctionId, Error> {
    let new = NewFunction::new(format!("f{}", fastrand::u64(..)), "imports", code);
    Ok(platform.functions().create(new).await?.id)
}

async fn run(platform: &Platform, code: &str) -> Arc<Execution> {
    let id = create(platform, code).await.unwrap();
    platform.invoke(id, json!({})).await.unwrap()
}

fn output(done: &Execution) -> Value {
    match &done.output {
        Some(output) => output.to().unwrap(),
        None => panic!("{:?}", done.failure),
    }
}

async fn value(platform: &Platform, code: &str) -> Value {
    output(&*run(platform, code).await)
}

const TOOLS: &str = "export const double = (n) => 2 * n; export default 'tools'";

#[tokio::test(flavor = "multi_thread")]
async fn a_module_of_the_host_is_imported_statically_and_dynamically() {
    let platform = build(&[("acme:tools", TOOLS)]).await.unwrap();
    for code in [
        "import tools, { double } from 'acme:tools'; export default () => [tools, double(2)]",
        "import * as all from 'acme:tools'; export default () => [all.default, all.double(2)]",
        "export default async () => { const t = await import('acme:tools'); return [t.default, t.double(2)] }",
        "const t = await import('acme:tools'); return [t.default, t.double(2)]",
    ] {
        assert_eq!(value(&platform, code).await, json!(["tools", 4]), "{code}");
    }
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn require_finds_a_common_js_module_and_refuses_an_es_module() {
    let modules = [
        ("acme:tools", TOOLS),
        (
            "acme:old",
            "exports.triple = (n) => 3 * n; exports.file = __filename;",
        ),
    ];
    let platform = build(&modules).await.unwrap();
    for code in [
        "const { triple, file } = require('acme:old'); return [triple(1), file]",
        "import { triple, file } from 'acme:old'; export default () => [triple(1), file]",
        "import old from 'acme:old'; export default () => [old.triple(1), old.file]",
    ] {
        assert_eq!(
            value(&platform, code).await,
            json!([3, "/acme:old"]),
            "{code}"
        );
    }
    let done = run(&platform, "return require('acme:tools')").await;
    let failure = done.failure.as_ref().unwrap();
    assert!(
        failure.message.contains("await import('acme:tools')"),
        "{failure:?}"
    );
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_import_each_other_and_those_of_node() {
    let modules = [
        (
            "acme:a",
            "import { b } from 'acme:b'; export const a = () => b() + 1;",
        ),
        (
            "acme:b",
            "import { a } from 'acme:a'; import { EventEmitter } from 'node:events'; export const b = () => typeof EventEmitter + typeof a; export const late = () => import('acme:c');",
        ),
        (
            "acme:c",
            "const before = await Promise.resolve(5); export default before; export const { url } = import.meta;",
        ),
    ];
    let platform = build(&modules).await.unwrap();
    let code = "import { a } from 'acme:a'; import { late } from 'acme:b'; export default async () => { const c = await late(); return [a(), c.default, c.url] }";
    let expected = json!(["functionfunction1", 5, "acme:c"]);
    assert_eq!(value(&platform, code).await, expected);
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_in_typescript_fails_with_its_own_places() {
    let text = "interface Item {\n  n: number;\n}\n\nexport function fail(item: Item): never {\n  throw new Error('no ' + item.n);\n}\n";
    let platform = build(&[("acme:tools", text)]).await.unwrap();
    for code in [
        "import { fail } from 'acme:tools'; export default () => fail({ n: 1 })",
        "import { fail } from 'acme:tools'; export default (input: object): never => fail({ n: 1 })",
    ] {
        let done = run(&platform, code).await;
        let failure = done.failure.as_ref().unwrap();
        assert_eq!(failure.message, "Error: no 1");
        let stack = failure.stack.as_deref().unwrap_or_default();
        assert!(stack.contains("acme:tools:6:"), "{stack}");
    }
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_nobody_imports_is_not_evaluated() {
    let modules = [
        ("acme:broken", "throw new Error('evaluated')"),
        (
            "acme:counts",
            "globalThis.count = (globalThis.count ?? 0) + 1; export {}",
        ),
    ];
    let platform = build(&modules).await.unwrap();
    let code = "return typeof globalThis.count";
    assert_eq!(value(&platform, code).await, json!("undefined"));
    let code = "await import('acme:counts'); await import('acme:counts'); return globalThis.count";
    assert_eq!(value(&platform, code).await, json!(1));
    let done = run(&platform, "await import('acme:broken')").await;
    assert_eq!(done.failure.as_ref().unwrap().message, "Error: evaluated");
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_a_module_prevents_the_build_and_says_where_it_is() {
    for (text, parts) in [
        (
            "export const a = 1;\nexport const b = ;",
            ["acme:tools at line 2, column 18", "\n", "^"],
        ),
        (
            "const a: number = 1;\nlet b: = 2;",
            ["acme:tools at line 2", "let b: = 2;", "^"],
        ),
        (
            "import a from './a.js'",
            ["acme:tools at line 1", "is a file", "^"],
        ),
        (
            "import a from 'acme:none'",
            ["acme:tools at line 1", "of the host are acme:tools", "^"],
        ),
        (
            "import a from 'axios'",
            ["acme:tools at line 1", "axios", "^"],
        ),
    ] {
        let error = refused(&[("acme:tools", text)]).await;
        for part in parts {
            assert!(error.contains(part), "{part:?} is missing: {error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_names_prevent_the_build() {
    for (name, part) in [
        ("tools", "scheme"),
        ("node:tools", "the scheme node"),
        ("https://a.example/b.js", "the scheme https"),
    ] {
        let error = refused(&[(name, "export {}")]).await;
        assert!(error.contains(part), "{error}");
    }
    let error = refused(&[("a:b", "1"), ("a:b", "2")]).await;
    assert!(error.contains("exists twice"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_of_an_unknown_module_lists_the_known_ones() {
    let platform = build(&[("acme:a", "1"), ("acme:b", "2")]).await.unwrap();
    let error = create(&platform, "import x from 'acme:c'; export default () => x").await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("modules of the host are acme:a, acme:b"),
        "{error}"
    );
    for code in ["await import('acme:' + 'c')", "return require('acme:c')"] {
        let done = run(&platform, code).await;
        let failure = done.failure.as_ref().unwrap();
        let listed = failure
            .message
            .contains("modules of the host are acme:a, acme:b");
        assert!(listed, "{failure:?}");
    }
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_function_does_to_a_module_stays_in_its_own_isolates() {
    let modules = [
        (
            "acme:state",
            "export const state = { list: [] }; export let count = 0; export const add = () => ++count; export function f() { return 'clean' }",
        ),
        (
            "acme:old",
            "exports.state = { list: [] }; exports.f = () => 'clean'",
        ),
    ];
    let platform = build(&modules).await.unwrap();
    let poison = "
        import * as es from 'acme:state';
        import old from 'acme:old';
        export default () => {
          let refused = 0;
          for (const change of [
            () => { es.f = () => 'poison' },
            () => { es.other = 1 },
            () => { delete es.f },
            () => Object.defineProperty(es, 'f', { value: 1 }),
          ]) try { change() } catch { refused++ }
          es.state.list.push('poison');
          es.state.__proto__.poison = true;
          es.f.prototype.poison = true;
          es.add();
          old.state.list.push('poison');
          old.f = () => 'poison';
          Object.prototype.poison = true;
          Array.prototype.push = () => 'poison';
          globalThis.poison = true;
          return [refused, es.count];
        }";
    let look = "
        import * as es from 'acme:state';
        import old, { f } from 'acme:old';
        export default () => [
          es.f(), es.state.list, es.count, 'poison' in es.state, 'poison' in globalThis,
          old.f(), f(), old.state.list, Object.keys(es), [].push(1),
        ]";
    let clean = json!([
        "clean",
        [],
        0,
        false,
        false,
        "clean",
        "clean",
        [],
        ["add", "count", "f", "state"],
        1
    ]);
    let (poison, look) = (
        create(&platform, poison).await.unwrap(),
        create(&platform, look).await.unwrap(),
    );
    for round in 1..=3 {
        let done = platform.invoke(poison, json!({})).await.unwrap();
        // The isolate of the same version stays warm, as do its other modules.
        assert_eq!(output(&done), json!([4, round]));
        let done = platform.invoke(look, json!({})).await.unwrap();
        assert_eq!(output(&done), clean);
    }
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_does_not_lead_to_a_module() {
    let platform = build(&[("acme:tools", TOOLS)]).await.unwrap();
    let code = "import { double } from 'acme:tools'; export default () => import('./acme:tools').then(() => double(1))";
    let done = run(&platform, code).await;
    let failure = done.failure.as_ref().unwrap();
    assert!(
        failure.message.contains("there is no file for"),
        "{failure:?}"
    );
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_modules_do_not_take_the_memory_of_a_function_that_does_not_import_them() {
    let text = format!("export const all = [{}]", "'abcdefgh' + 1,".repeat(100_000));
    let platform = build(&[("acme:large", &text)]).await.unwrap();
    let mut new = NewFunction::new("small", "small", "return 'x'.repeat(500_000).length");
    new.config = FunctionConfig {
        memory: Some(4),
        ..new.config
    };
    let small = platform.functions().create(new).await.unwrap();
    let done = platform.invoke(small.id, json!({})).await.unwrap();
    assert_eq!(done.status, Status::Completed, "{:?}", done.failure);
    platform.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn modules_are_declared_in_typescript() {
    let tools = ModuleSource::new(TOOLS).types("export function double(n: number): number;");
    let platform = Platform::builder()
        .runtime(start(QuickJsOptions::default()))
        .module("acme:tools", tools)
        .module("acme:other", "export {}")
        .build()
        .await
        .unwrap();
    let declared = platform.bindings().typescript();
    let tools = "declare module \"acme:tools\" {\nexport function double(n: number): number;\n}\n";
    assert!(declared.contains(tools), "{declared}");
    assert!(
        declared.contains("declare module \"acme:other\";\n"),
        "{declared}"
    );
    platform.shutdown().await;
}
