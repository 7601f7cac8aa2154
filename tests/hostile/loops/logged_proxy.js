// The console looks at what it is given.
// must: failed timeout timed out after
// timeout: 200

console.log(new Proxy({}, { ownKeys() { for (;;); } }));
return 1;
