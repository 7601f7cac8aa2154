// A message of fifty megabytes is cut.
// must: failed user_error Error: xxx
// timeout: 10000

throw new Error('x'.repeat(5e7));
return 1;
