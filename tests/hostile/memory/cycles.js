// Garbage in cycles, faster than it is collected.
// must: failed timeout timed out after
// or: failed out_of_memory out of memory
// timeout: 500

for (;;) { const a = new Array(1000).fill(0), b = { a }; a[0] = b; }
return 1;
