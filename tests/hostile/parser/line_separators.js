// Line ends that are no line feeds.
// must: refused
// timeout: 10000

return 1; } {
