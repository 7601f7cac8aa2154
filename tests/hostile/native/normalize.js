// Millions of characters that fall apart into several.
// must: failed timeout timed out after
// or: failed out_of_memory out of memory
// timeout: 200
// thread: abandoned

const text = '\u1e9b\u0323'.repeat(2e6);
for (let i = 0; i < 1e3; i++) text.normalize('NFKD');
return 1;
