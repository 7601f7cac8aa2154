// A callback that is never called, because there is no element.
// must: failed timeout timed out after
// timeout: 200

return Array.prototype.every.call({ length: 2 ** 50 }, () => true);
