// An array twice as long each time.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const all = [];
for (;;) all.push(all.slice());
return 1;
