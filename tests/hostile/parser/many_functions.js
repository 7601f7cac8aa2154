// Ten thousand functions.
// must: completed 1
// or: refused
// timeout: 10000

«10000 function f#(){}»return 1;
