// A stack of fifty megabytes is cut.
// must: failed user_error Error: short
// timeout: 10000

const error = new Error('short');
error.stack = 'x'.repeat(5e7);
throw error;
return 1;
