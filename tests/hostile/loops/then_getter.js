// Even asking whether it is a promise does not end.
// must: failed timeout timed out after
// timeout: 200

return { get then() { for (;;); } };
