// Each hole counts as `undefined` and is compared.
// must: failed timeout timed out after
// timeout: 200

return Array.prototype.includes.call({ length: 2 ** 50 }, 1);
