// The loop begins when the failure is described.
// must: failed timeout timed out after
// timeout: 200

const error = new Error();
Object.defineProperty(error, 'message', { get() { for (;;); } });
throw error;
return 1;
