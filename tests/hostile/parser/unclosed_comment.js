// Never closed.
// must: refused
// timeout: 10000

/* «200000 a»
