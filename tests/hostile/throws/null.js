// Nothing at all.
// must: failed user_error null
// timeout: 10000

throw null;
return 1;
