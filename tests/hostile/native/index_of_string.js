// A search of quadratic time.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

return ('a'.repeat(4e6)).indexOf('a'.repeat(2e6) + 'b');
