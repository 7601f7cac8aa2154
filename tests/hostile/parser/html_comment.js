// A comment of old browsers.
// must: refused
// or: completed 1
// timeout: 10000

return 1; <!-- }
