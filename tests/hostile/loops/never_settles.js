// Nothing is left that could settle the promise: it fails at once.
// must: failed user_error never settles
// timeout: 10000

return new Promise(() => {});
