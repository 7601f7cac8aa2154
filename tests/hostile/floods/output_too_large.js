// Five megabytes of text.
// must: failed user_error the limit is 1048576 bytes
// timeout: 2000

return 'x'.repeat(5e6);
