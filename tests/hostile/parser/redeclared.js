// The same name twice.
// must: refused
// timeout: 10000

let a = 1;
let a = 2;
return a;
