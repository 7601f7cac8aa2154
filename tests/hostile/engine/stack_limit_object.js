// QuickJS loses a reference to a limit on traces that is an object, and an assertion ended the process.
// must: completed 1
// then: completed 1
// timeout: 10000

Error.stackTraceLimit = [];
Error.stackTraceLimit = 1;
return 1;
