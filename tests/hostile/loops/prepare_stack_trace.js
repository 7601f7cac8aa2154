// The engine calls this for each error.
// must: failed timeout timed out after
// timeout: 200

Error.prepareStackTrace = () => { for (;;); };
throw new Error('x');
return 1;
