// A search that begins anew at each of a million characters.
// must: failed timeout timed out after
// timeout: 200

return /a+b/.test('a'.repeat(1e6));
