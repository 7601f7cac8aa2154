// Sixty thousand variables, each compared with all before.
// must: refused compiling took longer
// or: completed 1
// or: refused
// timeout: 1000

«60000 let a#=0;»return 1;
