// A class of a hundred thousand nested classes.
// must: failed stack_overflow
// or: failed user_error SyntaxError
// timeout: 10000

return new RegExp('['.repeat(1e5) + ']'.repeat(1e5), 'v').test('');
