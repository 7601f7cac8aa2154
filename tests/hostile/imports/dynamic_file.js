// A file, while it runs.
// must: failed user_error
// timeout: 10000

return import('/etc/passwd');
