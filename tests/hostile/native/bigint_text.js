// A number of a million bits as decimal text.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

const big = 1n << 1000000n;
let total = 0;
for (let i = 0; i < 1e4; i++) total += big.toString().length;
return total;
