// Shared memory: counted like any other.
// must: failed out_of_memory out of memory
// or: failed user_error
// or: failed timeout timed out after
// timeout: 500

const all = [];
for (;;) all.push(new SharedArrayBuffer(1 << 20));
return 1;
