// The same in `stack`.
// must: failed timeout timed out after
// timeout: 200

const error = new Error();
Object.defineProperty(error, 'stack', { get() { for (;;); } });
throw error;
return 1;
