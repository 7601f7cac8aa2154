// One string that is larger than the memory.
// must: failed out_of_memory out of memory
// or: failed user_error
// timeout: 10000

return 'x'.repeat(1e9).length;
