// A hundred thousand jobs are left when the isolate ends.
// must: completed 1
// or: failed out_of_memory out of memory
// timeout: 10000

for (let i = 0; i < 1e5; i++) Promise.resolve({ i }).then((x) => new Promise(() => x));
return 1;
