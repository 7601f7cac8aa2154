// And back.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

const text = '9'.repeat(3e5);
for (let i = 0; i < 1e4; i++) BigInt(text);
return 1;
