//! Code that means harm: it ends with the right kind of failure, and hurts no other call.

use std::time::Duration;

use faas_core::model::FailureKind::{OutOfMemory, StackOverflow, Timeout, UserError};
use faas_core::model::{FailureKind, FunctionId};

use super::rig::Rig;

/// For code that may end by it.
const TIMEOUT: Duration = Duration::from_millis(300);

/// For code that must end by itself or by another limit: only a hang takes so long.
const GENEROUS: Duration = Duration::from_secs(60);

/// Code and how it may end; nothing: it returns.
const SNIPPETS: &[(&str, &[FailureKind])] = &[
    // Time: in plain code, in what the host calls, in what it calls while it fails.
    ("for (;;); return 1", &[Timeout]),
    (
        "while (true) { try { for (;;); } catch {} } return 1",
        &[Timeout],
    ),
    (
        "for (;;) { try { for (;;); } finally { continue } } return 1",
        &[Timeout],
    ),
    (
        "try { for (;;); } finally { for (;;); } return 1",
        &[Timeout],
    ),
    ("await null; for (;;); return 1", &[Timeout]),
    ("for (;;) await null; return 1", &[Timeout]),
    (
        // Each promise waits for the next: whichever limit is met first.
        "const f = () => Promise.resolve().then(f); await f(); return 1",
        &[Timeout, OutOfMemory],
    ),
    (
        "const f = () => queueMicrotask(f); f(); await new Promise(() => {}); return 1",
        &[Timeout],
    ),
    (
        "const f = () => setTimeout(f, 0); f(); await new Promise(() => {}); return 1",
        &[Timeout],
    ),
    (
        "setInterval(() => {}, 0); await new Promise(() => {}); return 1",
        &[Timeout],
    ),
    (
        "setTimeout(() => { for (;;); }, 0); await new Promise(() => {}); return 1",
        &[Timeout],
    ),
    (
        "await new Promise(done => setTimeout(done, 1e9)); return 1",
        &[Timeout],
    ),
    ("return { get a() { for (;;); } }", &[Timeout]),
    ("return { toJSON() { for (;;); } }", &[Timeout]),
    ("return { then() { for (;;); } }", &[Timeout]),
    ("return { get then() { for (;;); } }", &[Timeout]),
    ("const t = { then(f) { f(t) } }; return t", &[Timeout]),
    ("return new Proxy({}, { get() { for (;;); } })", &[Timeout]),
    (
        "return new Proxy({}, { ownKeys() { for (;;); } })",
        &[Timeout],
    ),
    (
        "throw { get a() { for (;;); }, toString() { for (;;); } }; return 1",
        &[UserError],
    ),
    (
        "const e = new Error(); Object.defineProperty(e, 'message', { get() { for (;;); } }); throw e; return 1",
        &[Timeout],
    ),
    (
        "const e = new Error(); Object.defineProperty(e, 'stack', { get() { for (;;); } }); throw e; return 1",
        &[Timeout],
    ),
    (
        "const e = new Error(); Object.defineProperty(e, 'name', { get() { for (;;); } }); throw e; return 1",
        &[Timeout],
    ),
    (
        "Error.prepareStackTrace = () => { for (;;); }; throw new Error('x'); return 1",
        &[Timeout],
    ),
    (
        "throw new Proxy(new Error(), { get() { for (;;); }, getOwnPropertyDescriptor() { for (;;); }, ownKeys() { for (;;); } }); return 1",
        &[Timeout],
    ),
    (
        "return Promise.reject(new Proxy({}, { ownKeys() { for (;;); } }))",
        &[Timeout],
    ),
    (
        "console.log(new Proxy({}, { ownKeys() { for (;;); } })); return 1",
        &[Timeout],
    ),
    (
        "Array.prototype[Symbol.iterator] = function* () { for (;;); }; const [a] = [1]; return 1",
        &[Timeout],
    ),
    ("return [3, 1, 2].sort(() => { for (;;); })", &[Timeout]),
    ("return 'a'.replace(/a/, () => { for (;;); })", &[Timeout]),
    ("return JSON.parse('[1]', () => { for (;;); })", &[Timeout]),
    ("return /^(a+)+$/.test('a'.repeat(40) + 'b')", &[Timeout]),
    (
        "function* g() { for (;;) yield 1 } return [...g()]",
        &[Timeout, OutOfMemory],
    ),
    (
        "async function* g() { for (;;) yield 1 } for await (const x of g()); return 1",
        &[Timeout],
    ),
    (
        "JSON.parse = JSON.stringify = () => { for (;;); }; Promise.prototype.then = null; return input",
        &[],
    ),
    (
        "Object.prototype.then = () => { for (;;); }; return {}",
        &[Timeout],
    ),
    (
        "Object.defineProperty(Object.prototype, 'then', { get() { for (;;); } }); return {}",
        &[Timeout],
    ),
    (
        "Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0); return 1",
        &[UserError],
    ),
    // Stack.
    ("const f = () => f(); return f()", &[StackOverflow]),
    (
        "const f = () => { try { f() } finally { f() } }; return f()",
        &[StackOverflow, Timeout],
    ),
    (
        "const f = n => { try { f(n + 1) } catch { f(n + 1) } }; f(0); return 1",
        &[StackOverflow, Timeout],
    ),
    (
        "class A { constructor() { new A() } } return new A()",
        &[StackOverflow],
    ),
    (
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a",
        &[StackOverflow],
    ),
    (
        "let a = {}; for (let i = 0; i < 1e5; i++) a = { a }; console.log(a); return 1",
        &[],
    ),
    (
        "return JSON.parse('['.repeat(1e6))",
        &[StackOverflow, UserError],
    ),
    (
        "const p = new Proxy({}, {}); Object.setPrototypeOf(p, p); return p.x",
        &[StackOverflow, UserError],
    ),
    (
        "let f = () => 1; for (let i = 0; i < 1e5; i++) f = f.bind(null); return f()",
        &[StackOverflow, OutOfMemory, Timeout],
    ),
    (
        "const a = []; a[0] = a; a.toString = a.join; return String(a)",
        &[StackOverflow],
    ),
    (
        "return new RegExp('('.repeat(1e5) + ')'.repeat(1e5)).test('')",
        &[StackOverflow, UserError],
    ),
    (
        "const e = new Error('x'); e.toString = () => { throw e }; throw e; return 1",
        &[UserError],
    ),
    // Memory.
    (
        "const a = []; for (;;) a.push(a.slice()); return 1",
        &[OutOfMemory, Timeout],
    ),
    (
        "let s = 'x'; for (;;) s += s; return s",
        &[OutOfMemory, UserError],
    ),
    ("return 'x'.repeat(1e9)", &[OutOfMemory, UserError]),
    ("return new Array(1e8).fill(0)", &[OutOfMemory, Timeout]),
    ("return new ArrayBuffer(1e10)", &[OutOfMemory, UserError]),
    (
        "const m = new Map(); for (let i = 0;; i++) m.set(i, {}); return 1",
        &[OutOfMemory, Timeout],
    ),
    (
        "const a = []; for (;;) { try { for (;;) a.push(new Uint8Array(1 << 16)) } catch {} } return 1",
        &[OutOfMemory, Timeout],
    ),
    (
        "const a = []; try { for (;;) a.push(new Uint8Array(4096)) } catch { throw null } return 1",
        &[OutOfMemory],
    ),
    (
        "const a = []; for (;;) a.push(new Promise(() => {})); return 1",
        &[OutOfMemory, Timeout],
    ),
    (
        "for (;;) queueMicrotask(() => {}); return 1",
        &[OutOfMemory, Timeout],
    ),
    (
        "throw 'x'.repeat(5e7); return 1",
        &[UserError, OutOfMemory, Timeout],
    ),
    // Floods.
    (
        "for (;;) console.log('x'.repeat(1000)); return 1",
        &[Timeout],
    ),
    (
        "for (let i = 0; i < 1e4; i++) console.log(i); return 1",
        &[],
    ),
    ("return 'x'.repeat(5e6)", &[UserError]),
    (
        "const a = []; for (let i = 0; i < 1e5; i++) a.push('\\u{1f600}'.repeat(10)); return a",
        &[UserError],
    ),
    (
        "for (let i = 0; i < 1e5; i++) setTimeout(() => {}, 1e9); return 1",
        &[UserError],
    ),
    // Reaching out.
    (
        "return Reflect.ownKeys(globalThis).length > 20 && typeof gc",
        &[],
    ),
    (
        "globalThis.console = null; globalThis.setTimeout = null; globalThis.Promise = null; return 1",
        &[],
    ),
    (
        "for (const key of Reflect.ownKeys(globalThis)) { try { delete globalThis[key] } catch {} } return 1",
        &[],
    ),
    (
        "for (const key of Reflect.ownKeys(globalThis)) { try { globalThis[key] = undefined } catch {} } return 1",
        &[],
    ),
    (
        "Object.freeze(globalThis); Object.freeze(Object.prototype); return 1",
        &[],
    ),
    (
        "Error.stackTraceLimit = { valueOf() { for (;;); } }; throw new Error('x'); return 1",
        &[UserError, Timeout],
    ),
    (
        "Error.prepareStackTrace = (e, frames) => frames.map(f => f.getFunction?.()); return new Error().stack.length",
        &[],
    ),
];

#[test]
fn hostile_code_ends_as_it_should_and_leaves_the_runtime_whole() {
    let mut rig = Rig::new();
    let honest = rig.compile("return input + 1");
    let honest_id = FunctionId::from_u128(1);
    let mut wrong = Vec::new();
    for (source, kinds) in SNIPPETS {
        rig.limits.timeout = if kinds.contains(&Timeout) {
            TIMEOUT
        } else {
            GENEROUS
        };
        let outcome = rig.run(source, "1");
        match &outcome.result {
            Ok(_) if kinds.is_empty() => {}
            Err(failure) if kinds.contains(&failure.kind) => {}
            other => wrong.push(format!("{other:?}: {source}")),
        }
        assert!(outcome.logs.len() <= rig.limits.log_lines + 1);
        rig.limits.timeout = GENEROUS;
        let after = rig.call(honest_id, &honest, "1").result.unwrap();
        assert_eq!(after.as_str(), "2", "after {source}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_chain_of_promises_that_memory_runs_out_for_is_out_of_memory() {
    let mut rig = Rig::new();
    rig.limits.timeout = GENEROUS;
    for kib in (2_000..4_000).step_by(200) {
        rig.limits.memory = kib << 10;
        let source = "const f = () => Promise.resolve().then(f); await f(); return 1";
        assert_eq!(rig.failure(source).kind, OutOfMemory, "{kib} KiB");
    }
}

/// QuickJS aborted the process here once: the interruption came while a job ran.
#[test]
fn an_interruption_inside_a_pending_job_is_a_timeout() {
    let mut rig = Rig::new();
    rig.limits.timeout = Duration::from_millis(50);
    for source in [
        "await null; await null; for (;;); return 1",
        "return new Promise(() => {}).constructor.resolve(1).then(() => { for (;;); })",
        "return Promise.all([1, 2].map(async () => { await null; for (;;); }))",
        "return Promise.resolve().finally(() => { for (;;); })",
        "return (async () => { try { await null; for (;;); } catch { return 1 } })()",
    ] {
        assert_eq!(rig.failure(source).kind, Timeout, "{source}");
    }
}
