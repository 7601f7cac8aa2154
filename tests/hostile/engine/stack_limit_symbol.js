// A limit on traces that cannot be converted.
// must: completed 1
// then: completed 1
// timeout: 10000

for (const value of [Symbol('x'), 10n, new Proxy({}, {}), { valueOf() { throw 1; } }]) {
  Error.stackTraceLimit = value;
  try { null.x; } catch (error) { String(error.stack); }
}
return 1;
