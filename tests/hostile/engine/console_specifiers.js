// Half a million specifiers.
// must: completed 1
// timeout: 10000

console.log('%s'.repeat(5e5), ...new Array(1000).fill('x'.repeat(1000)));
console.log('%'.repeat(1e6), 1);
return 1;
