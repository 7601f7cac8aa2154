// An array that joins itself.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

const cycle = [];
cycle[0] = cycle;
cycle.toString = cycle.join;
return String(cycle);
