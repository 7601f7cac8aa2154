// A `finally` that leaves by `continue` drops what was thrown.
// must: failed timeout timed out after
// timeout: 200

for (;;) { try { for (;;); } finally { continue; } }
return 1;
