// What a terminal would act on is kept as data.
// must: completed 1
// timeout: 10000

console.log('\u001b[2J\u0007\u0000\u202e\ud800');
return 1;
