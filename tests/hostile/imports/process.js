// The environment of another platform.
// must: failed user_error process is not defined
// timeout: 10000

return process.env;
