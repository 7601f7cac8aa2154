// Getters are not called.
// must: completed 0
// timeout: 10000

let called = 0;
console.log({ get a() { called++; return 1; } });
return called;
