// Groups that nest too deeply for the parser.
// must: failed stack_overflow
// or: failed user_error SyntaxError
// timeout: 10000

return new RegExp('('.repeat(1e5) + ')'.repeat(1e5)).test('');
