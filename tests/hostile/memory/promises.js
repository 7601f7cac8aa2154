// Promises that nobody settles.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const all = [];
for (;;) all.push(new Promise(() => {}));
return 1;
