// The second loop begins while the first is being interrupted.
// must: failed timeout timed out after
// timeout: 200

try { for (;;); } finally { for (;;); }
return 1;
