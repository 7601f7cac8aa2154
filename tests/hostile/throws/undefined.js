// Not even nothing.
// must: failed user_error undefined
// timeout: 10000

throw undefined;
return 1;
