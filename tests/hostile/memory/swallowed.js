// It goes on when it is told that memory is out.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const all = [];
for (;;) { try { for (;;) all.push(new Uint8Array(1 << 16)); } catch {} }
return 1;
