// The environment of another platform.
// must: failed user_error process is not defined
// timeout: 300

return process.env;
