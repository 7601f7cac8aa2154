// Moves what is not there.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

return Array.prototype.copyWithin.call({ length: 2 ** 50 }, 1, 0);
