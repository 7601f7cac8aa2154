// The same by alternatives.
// must: failed timeout timed out after
// timeout: 200

return /^(a|a)*$/.test('a'.repeat(40) + 'b');
