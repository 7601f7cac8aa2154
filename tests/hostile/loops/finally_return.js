// A `finally` that returns would turn the interruption into a result.
// must: failed timeout timed out after
// timeout: 200

const spin = () => { try { for (;;); } finally { return 1; } };
return spin();
