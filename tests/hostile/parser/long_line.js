// Six hundred thousand additions in one line.
// must: completed 300001
// or: refused
// timeout: 10000

return «300000 1+»1;
