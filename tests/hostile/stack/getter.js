// A getter that reads itself.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

const object = { get a() { return this.a; } };
return object.a;
