// A loop of one step of bytecode around a long native call.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

const bytes = new Uint8Array(1e8);
for (let i = 0; i < 1e6; i++) bytes.fill(i);
return 1;
