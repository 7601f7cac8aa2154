// Each character becomes six.
// must: failed user_error the limit is 1048576 bytes
// timeout: 10000

return '\u0001'.repeat(5e5);
