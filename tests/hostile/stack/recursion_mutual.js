// Two that call each other, by way of a native function.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

const a = () => [1].map(b), b = () => [1].map(a);
return a();
