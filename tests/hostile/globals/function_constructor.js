// Nor a function made of text.
// must: failed user_error
// timeout: 10000

return new Function('return 1')();
