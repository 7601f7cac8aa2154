// A number of a million bits, multiplied again and again.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

let big = 3n ** 300000n;
for (let i = 0; i < 1e6; i++) big = (big * big) % (3n ** 300000n + 1n);
return 1;
