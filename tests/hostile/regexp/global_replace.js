// Matches the empty string everywhere, a million times in each native call.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

const text = 'a'.repeat(1e6);
for (;;) text.replace(/(?:)/g, '');
return 1;
