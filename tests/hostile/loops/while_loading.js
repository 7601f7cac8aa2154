// The loop comes before there is a handler to call.
// must: failed timeout timed out after
// timeout: 200

for (;;);
function handler() { return 1; }
