// The same backwards.
// must: failed timeout timed out after
// timeout: 200

return /(?<=^(?:a+)+c)d/.test('x' + 'a'.repeat(40) + 'cd');
