// The loop begins when the result is written as JSON.
// must: failed timeout timed out after
// timeout: 200

return { get a() { for (;;); } };
