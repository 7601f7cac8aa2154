// The loop is called from the JSON parser.
// must: failed timeout timed out after
// timeout: 200

return JSON.parse('[1]', () => { for (;;); });
