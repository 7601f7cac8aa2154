// Each turn is a job of its own.
// must: failed timeout timed out after
// timeout: 200

for (;;) await null;
return 1;
