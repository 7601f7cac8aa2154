// It makes as many values as there is room or time for.
// must: failed timeout timed out after
// or: failed out_of_memory out of memory
// timeout: 200

function* ones() { for (;;) yield 1; }
return [...ones()];
