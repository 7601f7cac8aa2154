// QuickJS keeps a reference to a formatter of traces that is no function.
// must: completed 1
// then: completed 1
// timeout: 10000

Error.prepareStackTrace = {};
new Error('x');
return 1;
