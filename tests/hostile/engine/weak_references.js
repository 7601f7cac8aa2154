// Targets of weak references are kept until their job ends: a job that makes too many runs out of memory.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 2000

for (;;) new WeakRef(new Uint8Array(1 << 16));
return 1;
