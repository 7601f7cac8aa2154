// The result is a proxy that does not answer.
// must: failed timeout timed out after
// timeout: 200

return new Proxy({}, { get() { for (;;); } });
