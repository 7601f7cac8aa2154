// An error whose text is itself thrown.
// must: failed user_error Error: x
// timeout: 10000

const error = new Error('x');
error.toString = () => { throw error; };
throw error;
return 1;
