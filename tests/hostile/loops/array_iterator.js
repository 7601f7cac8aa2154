// Destructuring an array goes through an iterator that can be replaced.
// must: failed timeout timed out after
// timeout: 200

Array.prototype[Symbol.iterator] = function* () { for (;;); };
const [first] = [1];
return first;
