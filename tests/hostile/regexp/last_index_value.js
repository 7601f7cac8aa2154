// `lastIndex` is converted each time.
// must: failed timeout timed out after
// timeout: 200

const pattern = /a/y;
pattern.lastIndex = { valueOf() { for (;;); } };
return pattern.test('a');
