// A hundred thousand proxies around one object.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

let proxy = {};
for (let i = 0; i < 1e5; i++) proxy = new Proxy(proxy, {});
return proxy.x;
