// What is thrown is as large as fits.
// must: failed user_error xxx
// or: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

throw 'x'.repeat(5e7);
return 1;
