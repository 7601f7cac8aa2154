// Each level tries again: the number of calls is exponential.
// must: failed stack_overflow Maximum call stack size exceeded
// or: failed timeout timed out after
// timeout: 500

const again = () => { try { again(); } catch { again(); } };
again();
return 1;
