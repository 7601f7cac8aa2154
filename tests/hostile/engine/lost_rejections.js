// A hundred thousand rejections that nobody handles.
// must: completed 1
// or: failed out_of_memory out of memory
// timeout: 10000

for (let i = 0; i < 1e5; i++) Promise.reject(new Error('lost'));
return 1;
