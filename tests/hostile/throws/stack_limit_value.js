// A limit on traces that does not end when it is converted.
// must: failed user_error
// or: failed timeout timed out after
// timeout: 500

Error.stackTraceLimit = { valueOf() { for (;;); } };
throw new Error('x');
return 1;
