// Line ends that are no line feeds.
// must: refused
// timeout: 300

return 1; } {
