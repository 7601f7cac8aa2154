// What is said of a lost rejection does not end.
// must: completed 1
// or: failed timeout timed out after
// timeout: 300

Promise.reject(new Proxy({}, { ownKeys() { for (;;); } }));
return 1;
