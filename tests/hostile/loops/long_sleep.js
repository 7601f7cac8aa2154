// It waits, and uses no processor meanwhile.
// must: failed timeout timed out after
// timeout: 200

await new Promise((done) => setTimeout(done, 1e9));
return 1;
