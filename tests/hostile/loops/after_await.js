// The loop is in a job and not in the call.
// must: failed timeout timed out after
// timeout: 200

await null;
for (;;);
return 1;
