// A name that does not end.
// must: failed timeout timed out after
// timeout: 200

return import({ toString() { for (;;); } });
