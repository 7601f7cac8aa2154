// The same by `shift`.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

return Array.prototype.shift.call({ length: 2 ** 50 });
