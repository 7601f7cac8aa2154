// Replaces ten million times, again and again.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

const text = 'a'.repeat(1e7);
for (let i = 0; i < 1e6; i++) text.replaceAll('a', 'b');
return 1;
