// A map whose keys are kept elsewhere.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const map = new WeakMap();
const keys = [];
for (;;) { const key = {}; keys.push(key); map.set(key, [key]); }
return 1;
