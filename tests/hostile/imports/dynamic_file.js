// A file, while it runs.
// must: failed user_error
// timeout: 300

return import('/etc/passwd');
