// One line of fifty megabytes is cut.
// must: completed 1
// timeout: 10000

console.log('x'.repeat(5e7));
return 1;
