// A result that shares one array a million million times: it is as large as that when it is written.
// must: failed timeout timed out after
// or: failed out_of_memory out of memory
// timeout: 200

let shared = [1];
for (let i = 0; i < 40; i++) shared = [shared, shared];
return shared;
