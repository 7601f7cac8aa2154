// The environment of the host.
// must: completed {}
// timeout: 10000

return process.env;
