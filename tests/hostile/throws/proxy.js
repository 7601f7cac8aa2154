// A proxy that fails whatever it is asked.
// must: failed user_error
// timeout: 10000

throw new Proxy({}, new Proxy({}, { get() { throw new Error('inside'); } }));
return 1;
