// A format specifier calls code that does not end.
// must: failed timeout timed out after
// timeout: 300

console.log('%s', { toString() { for (;;); } });
return 1;
