// Looks through a hundred million bytes again and again.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

const bytes = new Uint8Array(1e8);
for (let i = 0; i < 1e6; i++) bytes.indexOf(1);
return 1;
