// A result that fails whatever it is asked.
// must: failed user_error inside
// timeout: 500

return new Proxy({}, { get() { throw new Error('inside'); } });
