// The console asks what a value is an instance of.
// must: completed 1
// then: completed 1
// timeout: 10000

for (const c of [Map, Set, Date, RegExp, Promise]) Object.defineProperty(c, Symbol.hasInstance, { value: () => true, configurable: true });
console.log({ a: 1 });
return 1;
