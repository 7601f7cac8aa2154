// A promise that is rejected with a proxy.
// must: failed user_error
// timeout: 10000

return Promise.reject(new Proxy({}, { ownKeys() { throw 1; }, get() { throw 2; }, getPrototypeOf() { throw 3; } }));
