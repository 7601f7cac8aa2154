// A result that is another one each time it is read.
// must: completed {"a":1}
// timeout: 10000

let reads = 0;
return { get a() { return ++reads; } };
