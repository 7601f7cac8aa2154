// The same, from the end.
// must: failed timeout timed out after
// timeout: 200

return Array.prototype.lastIndexOf.call({ length: 2 ** 50 }, 1);
