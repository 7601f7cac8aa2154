// Every object says that it is 7: that is what JSON asks for.
// must: completed 7
// then: completed 7
// timeout: 10000

Object.prototype.toJSON = () => 7;
return { a: 1 };
