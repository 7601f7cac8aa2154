// Not even nothing.
// must: failed user_error undefined
// timeout: 500

throw undefined;
return 1;
