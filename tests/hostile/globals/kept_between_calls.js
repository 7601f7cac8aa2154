// What one execution leaves in a warm isolate, a later one of the same function and version may see.
// It is no promise that it does. That no other function and no other version does, is one.
// must: completed 1
// then: completed 2
// or: completed 1
// timeout: 10000

globalThis.count = (globalThis.count ?? 0) + 1;
return globalThis.count;
