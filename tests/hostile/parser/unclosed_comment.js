// Never closed.
// must: refused
// timeout: 300

/* «200000 a»
