// Never closed.
// must: refused
// timeout: 10000

return `«200000 a»
