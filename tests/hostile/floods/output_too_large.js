// Five megabytes of text.
// must: failed user_error the limit is 1048576 bytes
// timeout: 10000

return 'x'.repeat(5e6);
