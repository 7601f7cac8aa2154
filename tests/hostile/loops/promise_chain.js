// Each promise waits for the next: whichever limit is met first.
// must: failed timeout timed out after
// or: failed out_of_memory out of memory
// timeout: 200

const again = () => Promise.resolve().then(again);
await again();
return 1;
