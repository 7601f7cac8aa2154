//! Plain JavaScript that once ended the process: leaks that an assertion of QuickJS's answered by
//! aborting, and native recursion without a check of the stack. Each costs its call at most.

use std::time::Duration;

use faas_core::model::FailureKind::{self, OutOfMemory, StackOverflow, UserError};
use faas_core::model::FunctionId;
use serde_json::json;

use super::rig::Rig;

/// Values that are neither a limit nor a function, and some that are.
const VALUES: &[&str] = &[
    "[]",
    "{}",
    "() => 1",
    "Symbol()",
    "10n",
    "null",
    "undefined",
    "'5'",
    "NaN",
    "-1",
    "1e9",
    "globalThis",
    "new Error('q')",
    "new Proxy({}, {})",
    "new Proxy(() => 1, {})",
    "{ valueOf() { return 3 } }",
    "{ valueOf() { throw 1 } }",
    "{ valueOf() { return new Error('y').stack.length } }",
    "class {}",
    "(() => 1).bind()",
    "function* () { yield 1 }",
    "async () => 1",
    "Promise.resolve(1)",
    "new WeakRef({})",
    "new Uint8Array(8)",
    "(() => { const r = Proxy.revocable(() => 1, {}); r.revoke(); return r.proxy })()",
];

/// A chain of so many iterators, functions or proxies, each around the one before.
const LENGTH: &str = "2e4";

/// One step of a chain of iterators.
const ITERATORS: &[&str] = &[
    "it.map(x => x)",
    "it.filter(() => true)",
    "it.take(1e9)",
    "it.drop(0)",
    "it.flatMap(x => [x])",
    "Iterator.concat(it)",
    "Iterator.from({ next: () => it0.next(), __proto__: null })",
    "(it.chunks ? it.chunks(1) : it.map(x => x))",
    "(it.windows ? it.windows(1) : it.map(x => x))",
];

/// Code and how it may fail; it may also return.
const CHAINS: &[(&str, &[FailureKind])] = &[
    (
        "let f = function () {};
         for (let i = 0; i < 3e5; i++) {
             Object.defineProperty(f, 'name', { value: '' });
             f = Object.setPrototypeOf(bind.call(f), null);
         }
         return ({}) instanceof f",
        &[StackOverflow],
    ),
    (
        "let f = function () {};
         for (let i = 0; i < 9999; i++) {
             Object.defineProperty(f, 'name', { value: '' });
             f = Object.setPrototypeOf(bind.call(f), null);
         }
         return ({}) instanceof f",
        &[StackOverflow],
    ),
    (
        "let f = function () {};
         for (let i = 0; i < 3e5; i++) { Object.defineProperty(f, 'name', { value: '' }); f = f.bind() }
         Object.defineProperty(f, 'prototype', { value: 1 });
         return typeof Reflect.construct(Object, [], f)",
        &[StackOverflow],
    ),
    (
        "let f = function () {};
         for (let i = 0; i < 9999; i++) { Object.defineProperty(f, 'name', { value: '' }); f = f.bind() }
         Object.defineProperty(f, 'prototype', { value: 1 });
         return typeof Reflect.construct(Array, [], f)",
        &[],
    ),
    (
        "let f = function () {};
         for (let i = 0; i < 2e5; i++) {
             Object.defineProperty(f, 'name', { value: '' });
             f = i % 2 ? new Proxy(f, {}) : f.bind();
         }
         f = f.bind();
         Object.defineProperty(f, 'prototype', { value: 1 });
         return typeof Reflect.construct(Object, [], f)",
        &[StackOverflow],
    ),
    (
        "let it = { __proto__: null, next() { return { done: false, value: 1 } } };
         for (let i = 0; i < 2e4; i++) {
             it = Iterator.from(it);
             Object.setPrototypeOf(it, { __proto__: null, next: it.next });
         }
         it.next(); return 1",
        &[StackOverflow],
    ),
    (
        "let p = {};
         for (let i = 0; i < 1e5; i++) p = Proxy.revocable(p, {}).proxy;
         return Array.isArray(p)",
        &[StackOverflow],
    ),
    (
        "let t = { then(done) { done(1) } };
         for (let i = 0; i < 2e4; i++) { const u = t; t = { then(done) { done(u) } } }
         return await t",
        &[],
    ),
    (
        "function* g(inner) { yield* inner }
         let it = [1].values();
         for (let i = 0; i < 2e4; i++) it = g(it);
         it.next(); return 1",
        &[StackOverflow],
    ),
    (
        "let it = [1].values();
         for (let i = 0; i < 2e4; i++) { const inner = it; it = [1].values().flatMap(() => inner) }
         it.next(); return 1",
        &[StackOverflow],
    ),
    (
        "let p = Promise.resolve(1);
         for (let i = 0; i < 2e4; i++) p = Promise.all([p]);
         await p; return 1",
        &[OutOfMemory],
    ),
    (
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a];
         for (const f of [() => a.flat(Infinity), () => String(a), () => JSON.stringify(a), () => structuredClone(a)]) {
             try { f() } catch {}
         }
         return 1",
        &[],
    ),
    (
        "const registry = new FinalizationRegistry((held) => { registry.register({}, held) });
         for (let i = 0; i < 1000; i++) { const o = {}; registry.register(o, { registry, o: i }, o) }
         await null; return 1",
        &[],
    ),
];

fn check(rig: &Rig, source: &str, kinds: &[FailureKind]) {
    let source = format!("const bind = Function.prototype.bind; {source}");
    match rig.run(&source, "1").result {
        Ok(_) => {}
        Err(failure) if kinds.contains(&failure.kind) => {}
        Err(failure) => panic!("{failure:?}: {source}"),
    }
}

fn rig() -> Rig {
    let mut rig = Rig::new();
    rig.limits.timeout = Duration::from_secs(60);
    rig.limits.memory = 512 << 20;
    rig
}

#[test]
fn settings_of_traces_can_have_any_value() {
    let rig = rig();
    for setting in ["stackTraceLimit", "prepareStackTrace"] {
        for value in VALUES {
            let source = format!(
                "const value = {value};
                 for (let i = 0; i < 10; i++) Error.{setting} = value;
                 const same = Object.is(Error.{setting}, value);
                 try {{ null.x }} catch (error) {{ try {{ String(error.stack) }} catch {{}} }}
                 try {{ Error.captureStackTrace({{}}); new DOMException('a').stack }} catch {{}}
                 Error.{setting} = {value}; new Error('x'); Error.{setting} = 1; new Error('x');
                 return same"
            );
            assert_eq!(rig.value(&source, "1"), true, "{source}");
        }
    }
}

#[test]
fn nested_iterators_overflow_the_stack_of_their_call_only() {
    let rig = rig();
    for step in ITERATORS {
        for end in ["next()", "toArray()", "some(() => false)", "return?.()"] {
            let source = format!(
                "let it = [1].values(); const it0 = it;
                 for (let i = 0; i < {LENGTH}; i++) it = {step};
                 it.{end}; return 1"
            );
            check(&rig, &source, &[StackOverflow]);
        }
    }
}

#[test]
fn long_chains_overflow_the_stack_of_their_call_only() {
    let rig = rig();
    for (source, kinds) in CHAINS {
        check(&rig, source, kinds);
    }
}

/// QuickJS leaks after some failed allocations.
#[test]
fn memory_may_run_out_anywhere() {
    let mut rig = rig();
    let honest = rig.compile("return input + 1");
    for memory in (300..1100).step_by(50) {
        rig.limits.memory = memory << 10;
        for source in [
            "const a = []; for (;;) a.push({ a, b: [new Map([[a, {}]])], c: () => a })",
            "const a = []; for (;;) { try { a.push([1, 2, 3].map((x) => ({ x, a })).flat()) } catch { a.push(1) } }",
            "let p = Promise.resolve(); for (;;) { const q = p; p = (async () => { await q; return { q } })() }",
            "const a = []; for (;;) a.push(new Error('e', { cause: a }), /(a)(b)/g.exec('ab'), JSON.parse('[{}]'))",
            "class A { #x = {}; get x() { return this.#x } } const a = []; for (;;) a.push(new A(), function* () {}())",
        ] {
            let result = rig.run(&format!("{source}; return 1"), "1").result;
            let failure = result.unwrap_err();
            assert!(
                matches!(failure.kind, OutOfMemory | UserError),
                "{failure:?}: {source}"
            );
        }
        rig.limits.memory = 64 << 20;
        let id = FunctionId::from_u128(1);
        assert_eq!(rig.call(id, &honest, "1").result.unwrap().as_str(), "2");
    }
}

#[test]
fn a_trace_names_no_function_and_no_frame_of_the_platform() {
    let rig = rig();
    let source = "
        const sites = [], stacks = [];
        const note = () => { stacks.push(new Error('x').stack); return 1 };
        Error.prepareStackTrace = (error, frames) => { sites.push(...frames); return '' };
        new Error('x'); Error.captureStackTrace({});
        [1].values().map(() => new Error('x')).next();
        console.log(new Proxy({}, { ownKeys() { new Error('x'); return [] } }));
        Error.prepareStackTrace = undefined;
        note(); [1].map(note); [1].values().map(note).next(); note.bind()();
        console.log(new Proxy({}, { ownKeys() { note(); return [] } }));
        await new Promise((done) => setTimeout(() => { note(); done() }, 0));
        const captured = {}; Error.captureStackTrace(captured); stacks.push(captured.stack, new DOMException('x').stack);
        for (const wrong of [() => new Proxy(1), () => Proxy(), () => note.bind.call(1), () => Error.captureStackTrace(1)]) {
            try { wrong() } catch (error) { stacks.push(error.stack) }
        }
        return [
            stacks.length, stacks.filter((stack) => stack.includes('platform')).length,
            stacks.filter((stack) => !stack.includes('function.js')).length,
            sites.length > 4, sites.filter((site) => site.getFunction() !== undefined || site.getThis?.() !== undefined).length,
            sites.filter((site) => String(site.getFileName()).includes('platform')).length,
        ]";
    assert_eq!(rig.value(source, "1"), json!([12, 0, 0, true, 0, 0]));
}

#[test]
fn what_guards_replace_looks_and_works_as_before() {
    let rig = rig();
    let source = "
        class Weak extends WeakRef {}
        function target(a, b) { return [this?.x, a, b, new.target === undefined] }
        const bound = target.bind({ x: 1 }, 2);
        const { proxy, revoke } = Proxy.revocable({ y: 1 }, {});
        revoke();
        let revoked; try { proxy.y } catch (error) { revoked = error.name }
        const thrown = {}; (function hidden() { (function shown() { Error.captureStackTrace(thrown, shown) })() })();
        return [
            bound(3), bound.name, bound.length, 'prototype' in bound, typeof new bound(), new bound().length,
            Proxy.name, Proxy.length, 'prototype' in Proxy, new Proxy({}, { get: () => 7 }).a, revoked,
            WeakRef.name, WeakRef.length, new Weak({}) instanceof WeakRef, WeakRef.prototype.constructor === WeakRef,
            Error.stackTraceLimit, typeof Error.prepareStackTrace, Object.keys(Error).length,
            [...[3, 4].values().map((x) => x * 2).take(1)], Iterator.from({ next: () => ({ done: true }) }).next().done,
            thrown.stack.includes('hidden'), thrown.stack.includes('shown'), Object.keys(thrown).length,
            Function.prototype.bind.name, Object.keys(bound).length,
        ]";
    let expected = json!([
        [1, 2, 3, true],
        "bound target",
        1,
        false,
        "object",
        4,
        "Proxy",
        2,
        false,
        7,
        "TypeError",
        "WeakRef",
        1,
        true,
        true,
        10,
        "undefined",
        0,
        [6],
        true,
        true,
        false,
        0,
        "bind",
        0,
    ]);
    assert_eq!(rig.value(source, "1"), expected);
}

#[test]
fn a_weak_reference_keeps_its_target_for_the_job() {
    let rig = rig();
    for source in [
        "return typeof new WeakRef({}).deref()",
        "const ref = new WeakRef({}); for (let i = 0; i < 1000; i++) ({}); return typeof ref.deref()",
        "const ref = new WeakRef({}); await null; return typeof ref.deref()",
    ] {
        assert_eq!(rig.value(source, "1"), "object", "{source}");
    }
    let source = "const ref = new WeakRef({}); await new Promise((done) => setTimeout(done, 1)); return typeof ref.deref()";
    assert_eq!(rig.value(source, "1"), "undefined");
}
