// The same by `unshift`.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

return Array.prototype.unshift.call({ length: 2 ** 50 }, 1);
