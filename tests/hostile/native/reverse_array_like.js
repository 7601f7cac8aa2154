// Reversed element by element, though none is there.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

return Array.prototype.reverse.call({ length: 2 ** 40 });
