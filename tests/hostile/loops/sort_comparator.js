// The loop is called from a native sort.
// must: failed timeout timed out after
// timeout: 200

return [3, 1, 2].sort(() => { for (;;); });
