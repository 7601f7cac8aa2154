// A timer that would throw after the end is never called.
// must: completed 1
// then: completed 1
// timeout: 10000

setTimeout(() => { throw new Error('late'); }, 5);
return 1;
