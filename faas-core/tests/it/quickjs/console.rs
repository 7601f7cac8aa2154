//! The console: https://console.spec.whatwg.org, in a log.

use faas_core::model::LogLevel::{self, Error, Info, Log, Warn};

use super::rig::Rig;

fn lines(source: &str) -> Vec<(LogLevel, String)> {
    let outcome = Rig::new().run(&format!("{source}; return 1"), "{}");
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    let lines = outcome.logs.into_iter();
    lines.map(|line| (line.level, line.message)).collect()
}

fn texts(source: &str) -> Vec<String> {
    lines(source).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn format_specifiers_take_the_arguments_in_their_order() {
    for (arguments, text) in [
        ("'%s is %d', 'Ada', 42", "Ada is 42"),
        ("'%s', 1, 2", "1 2"),
        ("'%i %d %f', '7.9x', 42.5, '1.5'", "7 42 1.5"),
        ("'%d %d %i', 10n, Symbol('q'), {}", "10n NaN NaN"),
        ("'%cred%c!', 'color: red', ''", "red!"),
        ("'%o %O', { a: 'x' }, [1]", "{ a: 'x' } [ 1 ]"),
        ("'100%% of %s', 'it'", "100% of it"),
        ("'100%%'", "100%%"),
        ("'%z %', 1", "%z % 1"),
        ("'%s %s', 'one'", "one %s"),
        ("1, '%s', 2", "1 %s 2"),
        ("'%s', Symbol('q')", "Symbol(q)"),
        ("'%s', { toString() { return 'own' } }", "own"),
        ("'%s', { a: 1 }", "{ a: 1 }"),
        (
            "'%s', { toString() { throw 1 } }",
            "{ toString: [Function: toString] }",
        ),
    ] {
        assert_eq!(
            texts(&format!("console.log({arguments})")),
            [text],
            "{arguments}"
        );
    }
}

#[test]
fn groups_indent_what_is_logged_in_them() {
    let source = "console.group('outer %d', 1); console.log('a\\nb'); console.groupCollapsed();
        console.warn({ a: 1 }); console.groupEnd(); console.info('c'); console.groupEnd(); console.groupEnd();
        console.log('d'); console.group(); console.clear(); console.log('e')";
    assert_eq!(
        lines(source),
        [
            (Log, "outer 1".into()),
            (Log, "  a\n  b".into()),
            (Warn, "    { a: 1 }".into()),
            (Info, "  c".into()),
            (Log, "d".into()),
            (Log, "e".into()),
        ]
    );
}

#[test]
fn counters_count_by_label() {
    let source = "console.count(); console.count('x'); console.count(); console.countReset(); console.count();
        console.countReset('none')";
    assert_eq!(
        lines(source),
        [
            (Info, "default: 1".into()),
            (Info, "x: 1".into()),
            (Info, "default: 2".into()),
            (Info, "default: 1".into()),
            (Warn, "Count for 'none' does not exist".into()),
        ]
    );
}

#[test]
fn timers_tell_what_has_passed() {
    let source = "console.time('t'); console.timeLog('t', 'data', { a: 1 }); console.time('t'); console.timeEnd('t');
        console.timeEnd('t'); console.time(); console.timeEnd()";
    let lines = texts(source);
    assert!(lines[0].starts_with("t: "), "{lines:?}");
    assert!(lines[0].ends_with("s data { a: 1 }"), "{lines:?}");
    assert_eq!(lines[1], "Timer 't' already exists");
    assert!(
        lines[2].starts_with("t: ") && lines[2].ends_with('s'),
        "{lines:?}"
    );
    assert_eq!(lines[3], "Timer 't' does not exist");
    assert!(lines[4].starts_with("default: "), "{lines:?}");
}

#[test]
fn tables_have_a_row_for_each_element() {
    let table = "┌─────────┬───┬─────┐\n│ (index) │ a │ b   │\n├─────────┼───┼─────┤\n│ 0       │ 1 │ 'x' │\n│ 1       │ 2 │     │\n└─────────┴───┴─────┘";
    assert_eq!(
        texts("console.table([{ a: 1, b: 'x' }, { a: 2 }])"),
        [table]
    );
    let column = "┌─────────┬─────┐\n│ (index) │ b   │\n├─────────┼─────┤\n│ k       │ 'x' │\n└─────────┴─────┘";
    assert_eq!(
        texts("console.table({ k: { a: 1, b: 'x' } }, ['b'])"),
        [column]
    );
    let values = "┌─────────┬────────┐\n│ (index) │ Values │\n├─────────┼────────┤\n│ 0       │ 5      │\n└─────────┴────────┘";
    assert_eq!(texts("console.table(new Set([5]))"), [values]);
    assert_eq!(texts("console.table(5); console.table('x')"), ["5", "x"]);
    let large = texts(
        "console.table(Array.from({ length: 1e4 }, (_, i) => ({ ['k' + i]: 'x'.repeat(100) })))",
    );
    assert!(large[0].len() < 400_000, "{}", large[0].len());
}

#[test]
fn assertions_and_traces_tell_where_they_are() {
    assert_eq!(
        lines(
            "console.assert(true, 'no'); console.assert(false); console.assert(0, 'x is %d', 5); console.assert(null, { a: 1 })"
        ),
        [
            (Error, "Assertion failed".into()),
            (Error, "Assertion failed: x is 5".into()),
            (Error, "Assertion failed: { a: 1 }".into()),
        ]
    );
    let trace = texts("function here() { console.trace('at %d', 1) } here()");
    assert!(
        trace[0].starts_with("Trace: at 1\n    at here (function.js:1:"),
        "{trace:?}"
    );
    assert!(!trace[0].contains("platform"), "{trace:?}");
}

#[test]
fn values_are_shown_as_node_shows_them() {
    for (value, text) in [
        (
            "{ a: { b: { c: { d: { e: 1 } } } } }",
            "{ a: { b: { c: { d: [Object] } } } }",
        ),
        ("[1, , 3, , ,]", "[ 1, <1 empty item>, 3, <2 empty items> ]"),
        (
            "{ 'a-b': 1, 0: 2, [Symbol('s')]: 3 }",
            "{ 0: 2, 'a-b': 1, [Symbol(s)]: 3 }",
        ),
        (
            "{ get a() { throw 1 }, set b(x) {} }",
            "{ a: [Getter], b: [Setter] }",
        ),
        (
            "[\"it's\", 'say \"x\"', '\\n']",
            "[ \"it's\", 'say \"x\"', '\\n' ]",
        ),
        (
            "[-0, 0, 1n, null, undefined]",
            "[ -0, 0, 1n, null, undefined ]",
        ),
        (
            "Object.assign(() => 1, { p: 1 })",
            "[Function (anonymous)] { p: 1 }",
        ),
        ("new (class Point { x = 1 })()", "Point { x: 1 }"),
    ] {
        assert_eq!(texts(&format!("console.dir({value})")), [text], "{value}");
    }
}

#[test]
fn counters_timers_and_groups_end_with_their_call() {
    let rig = Rig::new();
    let program = rig.compile("console.count(); console.group(); console.time(); return 1");
    let function = faas_core::model::FunctionId::from_u128(5);
    for _ in 0..2 {
        let outcome = rig.call(function, &program, "{}");
        assert_eq!(outcome.logs.len(), 1);
        assert_eq!(outcome.logs[0].message, "default: 1");
    }
}

#[test]
fn the_console_works_after_code_has_changed_every_global() {
    let source = "
        const names = ['Object', 'Array', 'Map', 'Set', 'String', 'Error', 'Function', 'Number', 'Symbol'];
        const { ownKeys, defineProperty } = Reflect, map = new Map([[1, 2]]);
        for (let i = 0; i < names.length; i++) {
            const { prototype } = globalThis[names[i]], keys = ownKeys(prototype);
            for (let j = 0; j < keys.length; j++) {
                const changed = { __proto__: null, value() { throw new RangeError('mine') } };
                if (keys[j] !== 'constructor' && keys[j] !== 'length') defineProperty(prototype, keys[j], changed);
            }
        }
        defineProperty(Array.prototype, '0', { __proto__: null, set() { throw 1 }, get() { return 'mine' } });
        console.log('%s %o', 'a', { b: [1, map] })";
    assert_eq!(texts(source), ["a { b: [ 1, Map(1) { 1 => 2 } ] }"]);
}
