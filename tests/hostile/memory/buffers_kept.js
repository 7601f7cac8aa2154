// Many buffers of a megabyte.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const all = [];
for (;;) all.push(new Uint8Array(1 << 20));
return 1;
