// Dropping a million nested objects must not recurse.
// must: completed 1
// timeout: 10000

let deep = {};
for (let i = 0; i < 1e5; i++) deep = { deep };
deep = null;
return 1;
