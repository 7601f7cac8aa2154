// What looks like the engine's own way of telling that memory is out, when it is.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const all = [];
try { for (;;) all.push(new Uint8Array(4096)); } catch { throw null; }
return 1;
