// A prototype chain that goes round.
// must: failed stack_overflow Maximum call stack size exceeded
// or: failed user_error
// timeout: 10000

const proxy = new Proxy({}, {});
Object.setPrototypeOf(proxy, proxy);
return proxy.x;
