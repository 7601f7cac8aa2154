// Many strings of a megabyte, written and not only linked.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const all = [];
for (let i = 0; ; i++) all.push(String(i).padStart(1 << 20, 'x'));
return 1;
