// An integer without a bound.
// must: failed user_error BigInt
// timeout: 10000

return 1n;
