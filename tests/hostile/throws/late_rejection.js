// A promise that is rejected when the result is known already.
// must: completed 1
// then: completed 1
// timeout: 10000

Promise.reject(new Error('late'));
return 1;
