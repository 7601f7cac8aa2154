// A message that is not Unicode.
// must: failed user_error Error: �
// timeout: 10000

throw new Error('\ud800');
return 1;
