// The elements are collected natively before they are sorted.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

return Array.prototype.sort.call({ length: 2 ** 40 });
