// A thenable that resolves with itself.
// must: failed timeout timed out after
// timeout: 200

const again = { then(resolve) { resolve(again); } };
return again;
