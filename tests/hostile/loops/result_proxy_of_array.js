// An array of two thousand million elements, by a proxy.
// must: failed timeout timed out after
// or: failed out_of_memory out of memory
// timeout: 200

return new Proxy([], { get: (_, key) => (key === 'length' ? 2 ** 31 : key === 'toJSON' || key === 'then' ? undefined : 0) });
