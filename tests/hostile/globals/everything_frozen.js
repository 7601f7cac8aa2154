// Nothing can be changed any more.
// must: completed 1
// then: completed 1
// timeout: 10000

Object.freeze(globalThis);
Object.freeze(Object.prototype);
Object.freeze(Array.prototype);
return 1;
