// `instanceof` follows bound functions natively, where they inherit no Symbol.hasInstance.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

const { bind } = Function.prototype;
let bound = function () {};
for (let i = 0; i < 2e5; i++) {
  Object.defineProperty(bound, 'name', { value: '' });
  bound = Object.setPrototypeOf(bind.call(bound), null);
}
return ({}) instanceof bound;
