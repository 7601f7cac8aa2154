// An integer without a bound.
// must: failed user_error BigInt
// timeout: 500

return 1n;
