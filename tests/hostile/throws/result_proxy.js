// A result that fails whatever it is asked.
// must: failed user_error inside
// timeout: 10000

return new Proxy({}, { get() { throw new Error('inside'); } });
