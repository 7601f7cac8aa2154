// There is no `eval`.
// must: failed user_error
// timeout: 500

return eval('1');
