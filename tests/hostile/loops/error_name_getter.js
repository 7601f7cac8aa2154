// The same in `name`.
// must: failed timeout timed out after
// timeout: 200

const error = new Error();
Object.defineProperty(error, 'name', { get() { for (;;); } });
throw error;
return 1;
