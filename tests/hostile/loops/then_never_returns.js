// `then` is called by the platform.
// must: failed timeout timed out after
// timeout: 200

return { then() { for (;;); } };
