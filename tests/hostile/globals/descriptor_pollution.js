// Descriptors that inherit.
// must: completed 1
// then: completed 1
// timeout: 10000

Object.prototype.get = Object.prototype.set = () => 1;
Object.prototype.writable = false;
console.log({ a: 1 });
setTimeout(() => {}, 1);
return 1;
