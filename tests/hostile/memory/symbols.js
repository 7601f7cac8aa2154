// Symbols that are registered for ever.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

for (let i = 0; ; i++) Symbol.for('symbol number ' + i);
return 1;
