// Parses a text of megabytes as a date.
// must: failed timeout timed out after
// or: failed out_of_memory out of memory
// timeout: 200

const text = ' '.repeat(1e7);
let n = 0;
for (let i = 0; i < 1e7; i++) n += Date.parse(text) ? 1 : 0;
return n;
