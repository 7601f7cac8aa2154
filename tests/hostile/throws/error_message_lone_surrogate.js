// A message that is not Unicode.
// must: failed user_error Error: �
// timeout: 500

throw new Error('\ud800');
return 1;
