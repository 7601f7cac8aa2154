// Fills until the memory is full.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 10000

return Array.prototype.fill.call({ length: 2 ** 40 }, 0);
