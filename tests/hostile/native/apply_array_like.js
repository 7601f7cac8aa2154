// Arguments that are not there: there may be no more than 65,534 of them.
// must: failed user_error
// timeout: 10000

return Math.max.apply(null, { length: 2 ** 31 });
