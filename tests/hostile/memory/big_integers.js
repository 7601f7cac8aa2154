// Large integers, kept.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const all = [];
for (let i = 0n; ; i++) all.push((1n << 1000000n) + i);
return 1;
