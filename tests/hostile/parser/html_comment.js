// A comment of old browsers.
// must: refused
// or: completed 1
// timeout: 300

return 1; <!-- }
