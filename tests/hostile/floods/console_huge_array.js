// A million elements are not all shown.
// must: completed 1
// timeout: 10000

console.log(new Array(1e6).fill(0));
return 1;
