// The same, and each page is touched.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const all = [];
for (;;) all.push(new Uint8Array(1 << 20).fill(1));
return 1;
