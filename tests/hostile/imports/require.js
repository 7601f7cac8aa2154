// The older way.
// must: failed user_error ENOENT
// timeout: 10000

return require('fs').readFileSync('/etc/passwd', 'utf8');
