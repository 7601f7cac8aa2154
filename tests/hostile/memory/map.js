// A map that grows.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const map = new Map();
for (let i = 0; ; i++) map.set(i, {});
return 1;
