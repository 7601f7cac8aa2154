// The older way.
// must: failed user_error require is not defined
// timeout: 300

return require('fs');
