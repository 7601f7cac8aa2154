// Never closed.
// must: refused
// timeout: 300

return `«200000 a»
