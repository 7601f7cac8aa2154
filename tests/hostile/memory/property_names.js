// Names are kept in a table of their own.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const object = {};
for (let i = 0; ; i++) object['name number ' + i] = i;
return 1;
