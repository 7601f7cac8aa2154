// Exponentially many ways to fail.
// must: failed timeout timed out after
// timeout: 200

return /^(a+)+$/.test('a'.repeat(40) + 'b');
