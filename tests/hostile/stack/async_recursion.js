// Each call waits for the next.
// must: failed stack_overflow Maximum call stack size exceeded
// or: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const again = async () => again();
await again();
return 1;
