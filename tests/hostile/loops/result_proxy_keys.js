// Its keys do not end.
// must: failed timeout timed out after
// timeout: 200

return new Proxy({}, { ownKeys() { for (;;); } });
