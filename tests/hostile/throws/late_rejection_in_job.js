// The same, in a job that is left behind.
// must: completed 1
// then: completed 1
// timeout: 10000

Promise.resolve().then(() => { throw new Error('late'); });
return 1;
