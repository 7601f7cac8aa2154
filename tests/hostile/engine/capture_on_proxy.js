// A trace is put on objects that refuse it.
// must: completed 1
// then: completed 1
// timeout: 10000

for (const target of [
  Object.freeze({}), new Proxy({}, { defineProperty() { throw 1; } }), globalThis, Error.prototype, () => 1,
]) {
  try { Error.captureStackTrace(target); } catch {}
  try { Error.captureStackTrace(target, target); } catch {}
}
return 1;
