// The same through proxies and bound functions in turn.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

let callee = function () {};
for (let i = 0; i < 2e5; i++) {
  Object.defineProperty(callee, 'name', { value: '' });
  callee = i % 2 ? new Proxy(callee, {}) : callee.bind();
}
callee = callee.bind();
Object.defineProperty(callee, 'prototype', { value: 1 });
return typeof Reflect.construct(Array, [], callee);
