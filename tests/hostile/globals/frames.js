// Frames of the platform's own functions cannot be called.
// must: completed "undefinedundefined"
// or: failed user_error
// or: completed "functionundefined"
// timeout: 10000

Error.prepareStackTrace = (_, frames) => frames;
const frames = new Error().stack;
return typeof frames[0].getFunction + typeof frames[0].getThis;
