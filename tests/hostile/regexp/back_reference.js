// The same by a back reference.
// must: failed timeout timed out after
// timeout: 200

return /^(a*)*\1b$/.test('a'.repeat(40));
