// A million small numbers.
// must: failed user_error the limit is 1048576 bytes
// timeout: 10000

return new Array(1e6).fill(0);
