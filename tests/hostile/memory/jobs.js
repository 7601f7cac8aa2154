// Jobs that never get their turn.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

for (;;) queueMicrotask(() => {});
return 1;
