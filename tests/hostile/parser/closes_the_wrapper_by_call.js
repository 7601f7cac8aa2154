// The same, with a call of it.
// must: refused
// timeout: 10000

}, console.log(1), function () {
