// A template of ten thousand million parts.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

return String.raw({ raw: { length: 1e10 } });
