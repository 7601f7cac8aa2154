// `Array.from` makes what is not there.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 10000

return Array.from({ length: 2 ** 31 }).length;
