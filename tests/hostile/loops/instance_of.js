// The loop is in an operator.
// must: failed timeout timed out after
// timeout: 200

return {} instanceof { [Symbol.hasInstance]() { for (;;); } };
