// A hundred million elements.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

return new Array(1e8).fill(0).length;
