// A statement of sloppy mode: allowed in a body, and of no harm.
// must: completed 1
// or: refused
// timeout: 10000

with ({ a: 1 }) { return a; }
