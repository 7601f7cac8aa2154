// Every result becomes a thenable.
// must: failed timeout timed out after
// timeout: 200

Object.prototype.then = () => { for (;;); };
return {};
