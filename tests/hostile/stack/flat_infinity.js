// Flattens a cycle.
// must: failed stack_overflow Maximum call stack size exceeded
// or: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const cycle = [];
cycle[0] = cycle;
return cycle.flat(Infinity);
