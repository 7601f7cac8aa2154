// A timer that throws while the function waits.
// must: failed user_error in a timer
// or: completed 1
// timeout: 10000

setTimeout(() => { throw new Error('in a timer'); }, 0);
await new Promise((done) => setTimeout(done, 50));
return 1;
