// A string twice as long each time: there is a longest one.
// must: failed out_of_memory out of memory
// or: failed user_error string too long
// or: failed timeout timed out after
// timeout: 500

let text = 'x';
for (;;) text += text;
return 1;
