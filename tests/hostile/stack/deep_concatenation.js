// A string of a million parts is put together without recursion.
// must: completed 1000000
// or: failed timeout timed out after
// or: failed out_of_memory out of memory
// timeout: 3000

let text = '';
for (let i = 0; i < 1e6; i++) text = 'a' + text;
return text.length;
