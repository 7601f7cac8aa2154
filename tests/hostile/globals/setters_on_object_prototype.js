// Members of the input and of the context cannot be caught by setters on the prototype of all objects.
// must: completed {"caught":0,"a":1,"attempt":1}
// then: completed {"caught":0,"a":1,"attempt":1}
// timeout: 10000
// input: {"a":1}

const caught = [];
for (const name of ['executionId', 'attempt', 'value', 'a']) {
  Object.defineProperty(Object.prototype, name, { __proto__: null, configurable: true, set(value) { caught.push(value); } });
}
setTimeout(() => {}, 1);
console.log({ a: 1 });
return { caught: caught.length, a: input.a, attempt: context.attempt };
