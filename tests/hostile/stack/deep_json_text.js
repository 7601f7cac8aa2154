// A text that nests too deeply to be read.
// must: failed stack_overflow Maximum call stack size exceeded
// or: failed user_error
// timeout: 10000

return JSON.parse('['.repeat(1e6));
