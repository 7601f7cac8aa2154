// A proxy around an error, whose members throw more of them.
// must: failed user_error
// timeout: 10000

throw new Proxy(new Error('x'), { get() { throw new Error('y'); } });
return 1;
