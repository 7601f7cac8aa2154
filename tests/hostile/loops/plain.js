// The simplest endless loop.
// must: failed timeout timed out after
// timeout: 200

for (;;);
return 1;
