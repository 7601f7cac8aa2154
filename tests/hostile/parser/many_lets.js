// Sixty thousand variables, each compared with all before.
// must: refused compiling took longer
// or: completed 1
// or: refused
// timeout: 10000

«60000 let a#=0;»return 1;
