// A name that is an object.
// must: failed user_error
// timeout: 10000

const error = new Error('x');
error.name = { toString() { for (;;); } };
throw error;
return 1;
