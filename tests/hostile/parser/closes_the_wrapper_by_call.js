// The same, with a call of it.
// must: refused
// timeout: 300

}, console.log(1), function () {
