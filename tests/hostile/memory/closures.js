// Functions that hold on to one another.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

let last = null;
for (;;) { const before = last; last = () => before; }
return 1;
