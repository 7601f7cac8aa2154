// Nor that its time was up.
// must: failed user_error timed out
// timeout: 10000

throw new Error('timed out after 300 ms');
return 1;
