// A function that calls itself.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

const again = () => again();
return again();
