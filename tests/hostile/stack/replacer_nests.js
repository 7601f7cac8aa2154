// `toJSON` nests deeper each time.
// must: failed stack_overflow Maximum call stack size exceeded
// or: failed user_error
// or: failed out_of_memory out of memory
// timeout: 10000

const nest = () => ({ toJSON: () => [nest()] });
return nest();
