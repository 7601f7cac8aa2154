// A constructor looks for the realm of a function that is bound many times.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

let bound = function () {};
for (let i = 0; i < 2e5; i++) {
  Object.defineProperty(bound, 'name', { value: '' });
  bound = bound.bind();
}
Object.defineProperty(bound, 'prototype', { value: 1 });
return typeof Reflect.construct(Object, [], bound);
