// A class that makes itself.
// must: failed stack_overflow Maximum call stack size exceeded
// timeout: 10000

class A { constructor() { new A(); } }
return new A();
