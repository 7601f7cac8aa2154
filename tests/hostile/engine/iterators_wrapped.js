// The same with wrappers around iterators that are none.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

let it = { __proto__: null, next() { return { done: false, value: 1 }; } };
for (let i = 0; i < 1e5; i++) {
  it = Iterator.from(it);
  Object.setPrototypeOf(it, { __proto__: null, next: it.next });
}
it.next();
return 1;
