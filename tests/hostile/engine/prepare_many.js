// The same with other values, each for many errors.
// must: completed 1
// then: completed 1
// timeout: 10000

for (const value of [[], {}, new Map(), Promise.resolve(), new Error('q'), globalThis, new WeakRef({})]) {
  Error.prepareStackTrace = value;
  for (let i = 0; i < 100; i++) new TypeError('x');
}
return 1;
