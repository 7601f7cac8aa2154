// What one execution writes to its context, the next does not find.
// must: completed null
// then: completed null
// timeout: 10000

const before = context.mine ?? null;
context.mine = 1;
return before;
