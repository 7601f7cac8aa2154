// Flattens two thousand million holes.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

return new Array(2 ** 31).flat().length;
