// No function at all.
// must: refused
// timeout: 300

;
