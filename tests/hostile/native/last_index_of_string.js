// The same, from the end.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

return ('a'.repeat(4e6)).lastIndexOf('a'.repeat(2e6) + 'b');
