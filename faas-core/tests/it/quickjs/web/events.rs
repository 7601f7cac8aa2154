//! Events and abort signals.

use serde_json::json;

use super::super::rig::Rig;
use super::assert_values;

#[test]
fn an_event_reaches_the_listeners_of_its_type_in_order() {
    assert_values(&[
        (
            "const seen = [], target = new EventTarget();
            const listener = { handleEvent(event) { seen.push(this === listener, event.detail) } };
            target.addEventListener('a', () => seen.push(1));
            target.addEventListener('a', listener);
            target.addEventListener('a', listener);
            target.addEventListener('a', () => seen.push('capture'), true);
            target.addEventListener('a', () => seen.push('once'), { once: true });
            target.addEventListener('b', () => seen.push('never'));
            for (let i = 0; i < 2; i++) target.dispatchEvent(new CustomEvent('a', { detail: i }));
            return seen",
            json!(["capture", 1, true, 0, "once", "capture", 1, true, 1]),
        ),
        (
            "const target = new EventTarget(), seen = [];
            target.addEventListener('a', (e) => { seen.push(e.target === target, e.currentTarget === target, e.eventPhase, e.isTrusted); e.preventDefault() });
            const event = new Event('a', { cancelable: true });
            seen.push(target.dispatchEvent(event), event.defaultPrevented, event.currentTarget, event.eventPhase);
            return seen",
            json!([true, true, 2, false, false, true, null, 0]),
        ),
        (
            "const target = new EventTarget(), seen = [];
            target.addEventListener('a', (e) => { seen.push(1); e.stopImmediatePropagation() });
            target.addEventListener('a', () => seen.push(2));
            target.dispatchEvent(new Event('a'));
            return seen",
            json!([1]),
        ),
        (
            "const target = new EventTarget(), control = new AbortController(), seen = [];
            target.addEventListener('a', () => seen.push(1), { signal: control.signal });
            target.dispatchEvent(new Event('a'));
            control.abort();
            target.dispatchEvent(new Event('a'));
            return seen",
            json!([1]),
        ),
        (
            "const target = new EventTarget(), event = new Event('a'), seen = [];
            target.addEventListener('a', () => { try { target.dispatchEvent(event) } catch (e) { seen.push(e.name) } });
            target.dispatchEvent(event);
            for (const wrong of [() => new Event(), () => target.dispatchEvent({}), () => EventTarget.prototype.dispatchEvent.call({}, event), () => target.addEventListener('a', 1)]) {
                try { wrong() } catch (e) { seen.push(e.name) }
            }
            return seen",
            json!(["InvalidStateError", "TypeError", "TypeError", "TypeError", "TypeError"]),
        ),
        (
            "return [String(new Event('a')), Object.keys(Event.prototype).includes('preventDefault'), Event.length, EventTarget.prototype.addEventListener.length, Event.AT_TARGET, new ErrorEvent('e', { message: 'm', lineno: 3 }).lineno, new ProgressEvent('p', { loaded: 5 }).loaded, self === globalThis]",
            json!(["[object Event]", true, 1, 2, 2, 3, 5, true]),
        ),
    ]);
}

#[test]
fn an_error_of_a_listener_is_reported_and_does_not_stop_the_others() {
    let outcome = Rig::new().run(
        "const target = new EventTarget(), seen = [];
        target.addEventListener('a', () => { throw new Error('first') });
        target.addEventListener('a', () => seen.push(2));
        target.dispatchEvent(new Event('a'));
        reportError(new RangeError('second'));
        return seen",
        "{}",
    );
    assert_eq!(outcome.result.unwrap().as_str(), "[2]");
    let lines: Vec<_> = outcome.logs.iter().map(|line| &*line.message).collect();
    assert!(lines[0].starts_with("Uncaught Error: first\n"), "{lines:?}");
    assert!(lines[0].contains("function.js:"), "{lines:?}");
    assert!(!lines[0].contains("<platform>"), "{lines:?}");
    assert!(
        lines[1].starts_with("Uncaught RangeError: second"),
        "{lines:?}"
    );
}

#[test]
fn a_listener_for_errors_can_handle_what_no_code_caught() {
    let rig = Rig::new();
    for source in [
        "addEventListener('error', (event) => { seen.push(event.error.message); event.preventDefault() });",
        "onerror = (message, file, line, column, error) => { seen.push(error.message); return true };",
    ] {
        let source = format!(
            "const seen = []; {source}
            setTimeout(() => {{ throw new Error('timer') }}, 1);
            queueMicrotask(() => {{ throw new Error('microtask') }});
            reportError(new Error('reported'));
            await new Promise((resolve) => setTimeout(resolve, 5));
            return seen"
        );
        let outcome = rig.run(&source, "{}");
        let seen = outcome.result.expect(&source);
        assert_eq!(seen.as_str(), r#"["reported","microtask","timer"]"#);
        assert!(outcome.logs.is_empty(), "{:?}", outcome.logs);
    }
    // Without `preventDefault` the error keeps its effect.
    let message = rig.user_error(
        "addEventListener('error', () => {}); setTimeout(() => { throw new Error('timer') }, 1); await new Promise(() => {}); return 1",
    );
    assert_eq!(message, "Error: timer");
}

#[test]
fn a_listener_hears_of_rejections_that_nothing_handles() {
    let rig = Rig::new();
    let listen = |then: &str| {
        format!(
            "const seen = [];
            addEventListener('unhandledrejection', (event) => {{ seen.push(event.reason, event.promise === promise); {then} }});
            const promise = Promise.reject('lost');
            Promise.reject('handled').catch(() => {{}});
            await new Promise((resolve) => setTimeout(resolve, 1));
            return seen"
        )
    };
    let prevented = rig.run(&listen("event.preventDefault()"), "{}");
    assert_eq!(prevented.result.unwrap().as_str(), r#"["lost",true]"#);
    assert!(prevented.logs.is_empty(), "{:?}", prevented.logs);
    let logged = rig.run(&listen(""), "{}");
    assert_eq!(logged.logs.len(), 1, "{:?}", logged.logs);
    assert_eq!(logged.logs[0].message, "Uncaught (in promise) lost");
    // One that the handler leaves when it returns.
    let last = rig.run(
        "addEventListener('unhandledrejection', (event) => { console.log(event.reason); event.preventDefault() });
        Promise.reject('last'); return 1",
        "{}",
    );
    assert_eq!(last.logs.len(), 1, "{:?}", last.logs);
    assert_eq!(last.logs[0].message, "last");
}

#[test]
fn a_signal_tells_why_it_was_aborted() {
    assert_values(&[
        (
            "const control = new AbortController(), { signal } = control, seen = [];
            signal.onabort = (event) => seen.push(event.type, event.isTrusted);
            signal.addEventListener('abort', () => seen.push(signal.aborted));
            signal.throwIfAborted();
            control.abort(); control.abort('again');
            try { signal.throwIfAborted() } catch (e) { seen.push(e.name, e.code, e === signal.reason) }
            return seen",
            json!(["abort", true, true, "AbortError", 20, true]),
        ),
        (
            "const signal = AbortSignal.timeout(1);
            await new Promise((resolve) => { signal.onabort = resolve });
            return [signal.aborted, signal.reason.name]",
            json!([true, "TimeoutError"]),
        ),
        (
            "const a = new AbortController(), b = new AbortController();
            const any = AbortSignal.any([a.signal, b.signal]), nested = AbortSignal.any([any]), seen = [];
            nested.onabort = () => seen.push('nested'); any.onabort = () => seen.push('any', nested.aborted);
            b.abort('b'); a.abort('a');
            return [seen, any.reason, nested.reason, AbortSignal.any([AbortSignal.abort(1)]).reason, AbortSignal.any([]).aborted]",
            json!([["any", true, "nested"], "b", "b", 1, false]),
        ),
        (
            "const seen = [];
            for (const wrong of [() => new AbortSignal(), () => AbortSignal.timeout(-1), () => AbortSignal.any([{}]), () => AbortSignal.prototype.throwIfAborted.call({})]) {
                try { wrong() } catch (e) { seen.push(e.name) }
            }
            return seen",
            json!(["TypeError", "TypeError", "TypeError", "TypeError"]),
        ),
    ]);
}
