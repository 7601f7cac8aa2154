// The console stops at its own depth.
// must: completed 1
// timeout: 10000

let deep = {};
for (let i = 0; i < 1e5; i++) deep = { deep };
console.log(deep);
return 1;
