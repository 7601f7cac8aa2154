// Counts that multiply.
// must: failed timeout timed out after
// or: failed out_of_memory out of memory
// or: completed true
// timeout: 500

return new RegExp('(((a{1,1000}){1,1000}){1,1000}){1,1000}').test('a'.repeat(1000));
