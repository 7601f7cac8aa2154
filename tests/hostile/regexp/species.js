// The constructor that `split` calls does not return.
// must: failed timeout timed out after
// timeout: 200

const pattern = /a/;
pattern.constructor = { [Symbol.species]: function () { for (;;); } };
return 'a'.split(pattern);
