// One buffer of ten thousand million bytes.
// must: failed out_of_memory out of memory
// or: failed user_error
// timeout: 10000

return new ArrayBuffer(1e10).byteLength;
