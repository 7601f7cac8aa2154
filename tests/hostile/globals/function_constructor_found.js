// Nor by way of any function's constructor.
// must: failed user_error
// timeout: 10000

return (async function* () {}).constructor('return 1')().next();
