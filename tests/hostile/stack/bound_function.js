// A hundred thousand bindings of one function.
// must: failed stack_overflow Maximum call stack size exceeded
// or: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

let call = () => 1;
for (let i = 0; i < 1e5; i++) call = call.bind(null);
return call();
