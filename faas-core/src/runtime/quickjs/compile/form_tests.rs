//! Which form each text is compiled in, and that compiled code runs nothing before it is called.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rquickjs::Function;

use super::*;

fn form(source: &str) -> Form {
    let compiled = compile_here(&source.into(), &PresetNames::default())
        .unwrap_or_else(|error| panic!("{error}: {source}"));
    compiled.form
}

#[test]
fn a_text_has_the_form_of_the_statements_at_its_top() {
    for (source, expected) in [
        ("", Form::Body),
        ("return 1", Form::Body),
        ("input.a", Form::Body),
        ("() => 1, 2", Form::Body),
        ("new Function('return 1')", Form::Body),
        ("const a = 1", Form::Body),
        ("class A {}", Form::Body),
        ("using handler = () => 1", Form::Body),
        ("function f() {}\nf()", Form::Body),
        ("'use strict'", Form::Body),
        ("() => 1", Form::Expression),
        ("'use strict';;(function () {});", Form::Expression),
        ("f(1)", Form::Expression),
        ("await f(1)", Form::Expression),
        ("function f() {}", Form::Declarations),
        (
            "'use strict'; class A {} const f = () => 1;;",
            Form::Declarations,
        ),
        ("const input = 1; function f() {}", Form::Declarations),
        ("const handler = wrap(f)", Form::Declarations),
        (
            "console.log('loaded'); function handler() {}",
            Form::Declarations,
        ),
        ("const main = () => 1\nsetup(); // main", Form::Declarations),
        ("seen(input); function handler() {}", Form::Body),
        ("function handler() {}\nif (a) return 1", Form::Body),
        ("function handler() {}\nsetup(handler)", Form::Body),
        ("exports.handler = f", Form::CommonJs),
        (
            "const f = () => 1; module.exports = f; return",
            Form::CommonJs,
        ),
        ("exports = module.exports = f", Form::CommonJs),
        ("module['exports']['handler'] = f", Form::CommonJs),
        (
            "if (typeof module === 'object') { module.exports = { handler } }",
            Form::CommonJs,
        ),
        (
            "typeof module === 'object' && (module.exports = f)",
            Form::CommonJs,
        ),
        ("try { exports.handler = f } catch {}", Form::CommonJs),
        ("Object.assign(exports, { handler })", Form::CommonJs),
        (
            "const exports = {}; exports.a = 1; return exports",
            Form::Body,
        ),
        ("function f() { exports.handler = 1 }\nf()", Form::Body),
        ("a.exports = 1; exports.a; module.a = 1", Form::Body),
        ("export default 1", Form::Module),
        ("export { f as main }; function f() {}", Form::Module),
    ] {
        assert_eq!(form(source), expected, "{source}");
    }
}

#[test]
fn a_long_chain_of_members_overflows_no_stack() {
    let chain = format!("module{}.b = 1", ".a".repeat(100_000));
    assert_eq!(form(&chain), Form::Body);
    let chain = format!("exports{}.b = 1", ".a".repeat(100_000));
    assert_eq!(form(&chain), Form::CommonJs);
}

/// Texts of pieces that call `escaped()`, some of them outside the function that they are put into
/// if only the brackets would match.
fn texts() -> impl Strategy<Value = String> {
    const PIECES: [&str; 34] = [
        "}",
        ")",
        "]",
        "{",
        "(",
        "(function(){",
        "function x(){",
        "(async function(){",
        "return ",
        "escaped();",
        "escaped()",
        ", escaped(), ",
        "; escaped();",
        "})",
        "});",
        "} ",
        "(() => {",
        "/*",
        "*/",
        "//",
        "<!--",
        "-->",
        "\n",
        "\r",
        "\u{2028}",
        "`",
        "${",
        "'",
        "/",
        "value: ",
        "})\n(function(){",
        "1",
        "=>",
        "{ value: (",
    ];
    let pieces = prop::collection::vec(prop::sample::select(&PIECES[..]), 1..14);
    pieces.prop_map(|pieces| pieces.concat())
}

#[test]
fn no_text_runs_before_its_function_is_called() {
    let runtime = Runtime::new().unwrap();
    let context = Context::full(&runtime).unwrap();
    let calls = Arc::new(Mutex::new(0));
    let counted = calls.clone();
    context.with(|ctx| {
        let escaped = Function::new(ctx.clone(), move || *counted.lock() += 1).unwrap();
        ctx.globals().set("escaped", escaped).unwrap();
        let compiled = std::cell::Cell::new(0);
        let mut runner = TestRunner::new(Config {
            cases: 4000,
            failure_persistence: None,
            ..Config::default()
        });
        runner
            .run(&texts(), |text| {
                let Ok(program) = compile_here(&text.as_str().into(), &PresetNames::default())
                else {
                    return Ok(());
                };
                compiled.set(compiled.get() + 1);
                // A module runs when it is loaded: nothing surrounds it that it could leave.
                if program.form != Form::Module {
                    let value = program.bytecode.run_script(&ctx).unwrap();
                    prop_assert!(value.is_function(), "{text}");
                    prop_assert_eq!(*calls.lock(), 0, "{}", text);
                }
                Ok(())
            })
            .unwrap();
        assert!(compiled.get() > 50, "{compiled:?} texts compiled");
    });
}

/// The function that QuickJS itself makes of a body; a reference for [`texts_that_mean_something`].
fn reference(text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!("new (Object.getPrototypeOf(async () => {{}}).constructor)('input', 'context', {text})")
}

fn texts_that_mean_something() -> impl Strategy<Value = String> {
    const STATEMENTS: [&str; 24] = [
        "seen(input)",
        "let a = input + 1",
        "var a = 2, input",
        "var b = typeof a",
        "function a() { return 3 }",
        "seen(typeof a, typeof b)",
        "'use strict'",
        "seen(this === undefined)",
        "seen(arguments[0])",
        "if (input) { seen('if') } else seen('else')",
        "for (const n of [1, 2]) seen(n)",
        "label: { break label; }",
        "seen(await input)",
        "return typeof a",
        "throw new Error('x')",
        "// comment",
        "/* comment",
        "*/",
        "<!-- comment",
        "\n",
        ";",
        "seen(`${input}\r`)",
        "context = 5; seen(context)",
        "try { return seen(1) } finally { seen(2) }",
    ];
    let statements = prop::collection::vec(prop::sample::select(&STATEMENTS[..]), 1..8);
    let between = prop::sample::select(&["\n", ";", "\r\n", "\r", " "][..]);
    (statements, between).prop_map(|(statements, between)| statements.join(between))
}

/// Runs `make`, which evaluates to a function, with an input of 7: what it has seen, and its end.
fn observe<'js>(ctx: &rquickjs::Ctx<'js>, function: rquickjs::Value<'js>) -> String {
    ctx.globals().set("subject", function).unwrap();
    ctx.eval::<(), _>(
        "globalThis.log = []; globalThis.seen = (...values) => { log.push(...values) };\n\
         (async () => subject(7, 'context'))().then(\n\
           value => log.push('returned', String(value)), error => log.push('threw', String(error)));",
    )
    .unwrap();
    while ctx.execute_pending_job() {}
    ctx.eval("JSON.stringify(log)").unwrap()
}

#[test]
fn a_body_does_what_it_does_as_the_body_of_a_function() {
    let runtime = Runtime::new().unwrap();
    let context = Context::full(&runtime).unwrap();
    context.with(|ctx| {
        let compiled = std::cell::Cell::new(0);
        let mut runner = TestRunner::new(Config {
            cases: 1500,
            failure_persistence: None,
            ..Config::default()
        });
        runner
            .run(&texts_that_mean_something(), |text| {
                let expected = ctx.eval::<rquickjs::Value<'_>, _>(reference(&text));
                let expected = expected.map_err(|_| ctx.catch());
                let program = match compile_here(&text.as_str().into(), &PresetNames::default()) {
                    Ok(program) if program.form == Form::Body => program,
                    Ok(_) => return Ok(()),
                    Err(error) => {
                        prop_assert!(expected.is_err(), "{error}: {text:?}");
                        return Ok(());
                    }
                };
                compiled.set(compiled.get() + 1);
                let handler = program.bytecode.run_script(&ctx).unwrap();
                let seen = observe(&ctx, handler);
                // Declarations that shadow a parameter are valid here only.
                if let Ok(expected) = expected {
                    prop_assert_eq!(seen, observe(&ctx, expected), "{:?}", text);
                }
                Ok(())
            })
            .unwrap();
        assert!(compiled.get() > 300, "{compiled:?} texts compiled");
    });
}
