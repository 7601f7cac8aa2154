// Nor a function made of text.
// must: failed user_error
// timeout: 500

return new Function('return 1')();
