// There is no `eval`.
// must: failed user_error
// timeout: 10000

return eval('1');
