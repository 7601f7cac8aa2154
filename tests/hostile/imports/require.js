// The older way.
// must: failed user_error require is not defined
// timeout: 10000

return require('fs');
