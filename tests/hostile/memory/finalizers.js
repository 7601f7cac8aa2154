// What is cleaned up makes more to clean up.
// must: failed out_of_memory out of memory
// or: failed timeout timed out after
// timeout: 500

const registry = new FinalizationRegistry(() => { for (;;); });
for (;;) registry.register({}, 1);
return 1;
