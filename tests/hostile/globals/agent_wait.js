// A thread of the host is not put to sleep.
// must: failed user_error
// timeout: 10000

Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0);
return 1;
