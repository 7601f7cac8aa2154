// A buffer that grows in place.
// must: failed out_of_memory out of memory
// or: failed user_error
// or: failed timeout timed out after
// timeout: 500

const buffer = new ArrayBuffer(0, { maxByteLength: 2 ** 30 });
for (let size = 0; ; size += 1 << 20) buffer.resize(size);
return 1;
