// Elements of the platform's own arrays cannot be caught either.
// must: completed 0
// then: completed 0
// timeout: 10000

let caught = 0;
for (let i = 0; i < 10; i++) Object.defineProperty(Array.prototype, i, { configurable: true, set() { caught++; } });
console.log([1, { a: 2 }], new Map([[1, 2]]));
return caught;
