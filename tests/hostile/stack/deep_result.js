// A result that nests too deeply to be written.
// must: failed stack_overflow Maximum call stack size exceeded
// or: failed user_error
// timeout: 10000

let deep = [];
for (let i = 0; i < 1e5; i++) deep = [deep];
return deep;
