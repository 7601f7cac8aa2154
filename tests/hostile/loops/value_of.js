// The loop is in a conversion.
// must: failed timeout timed out after
// timeout: 200

return 1 + { valueOf() { for (;;); } };
