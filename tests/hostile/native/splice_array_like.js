// Moves what is not there, to make room.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

return Array.prototype.splice.call({ length: 2 ** 50 }, 0, 0, 1);
