// The same, asynchronously.
// must: failed timeout timed out after
// timeout: 200

async function* ones() { for (;;) yield 1; }
for await (const one of ones());
return 1;
