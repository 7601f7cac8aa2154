// Nothing at all.
// must: failed user_error null
// timeout: 500

throw null;
return 1;
