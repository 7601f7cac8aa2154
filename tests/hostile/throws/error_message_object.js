// A message that is an object that has no text.
// must: failed user_error
// timeout: 10000

const error = new Error('x');
error.message = { toString: null, valueOf: null };
throw error;
return 1;
