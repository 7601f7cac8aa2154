// Fifty million strings of one character.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 10000

return 'ab'.repeat(2.5e7).split('').length;
