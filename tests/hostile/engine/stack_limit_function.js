// The same for a function that holds on to the globals.
// must: completed 1
// then: completed 1
// timeout: 10000

Error.stackTraceLimit = () => globalThis;
Error.stackTraceLimit = class {};
Error.stackTraceLimit = 10;
return 1;
