// No function at all.
// must: refused
// timeout: 10000

;
