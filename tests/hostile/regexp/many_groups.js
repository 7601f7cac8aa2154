// More groups than an expression may have.
// must: failed user_error SyntaxError
// timeout: 10000

return new RegExp('()'.repeat(1e5)).test('');
