// The same by `finally`.
// must: failed stack_overflow Maximum call stack size exceeded
// or: failed timeout timed out after
// timeout: 500

const again = () => { try { again(); } finally { again(); } };
return again();
