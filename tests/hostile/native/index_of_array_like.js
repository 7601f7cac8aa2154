// Looks for what is not there.
// must: failed timeout timed out after
// timeout: 200

return Array.prototype.indexOf.call({ length: 2 ** 50 }, 1);
