// Characters of four bytes each.
// must: failed user_error the limit is 1048576 bytes
// timeout: 10000

return '\u{1f600}'.repeat(3e5);
