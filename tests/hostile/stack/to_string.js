// A conversion that converts itself.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

const object = { toString() { return `${this}`; } };
return `${object}`;
