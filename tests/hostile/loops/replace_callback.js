// The loop is called from a native replace.
// must: failed timeout timed out after
// timeout: 200

return 'a'.replace(/a/, () => { for (;;); });
