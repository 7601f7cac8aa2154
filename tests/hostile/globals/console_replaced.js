// The console is the function's own.
// must: failed user_error mine
// then: failed user_error mine
// timeout: 10000

console.log = () => { throw new Error('mine'); };
console.log(1);
return 1;
