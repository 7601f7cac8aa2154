// Every method of strings goes through `exec`, which can be replaced.
// must: failed timeout timed out after
// timeout: 200

RegExp.prototype.exec = () => { for (;;); };
return 'a'.match(/a/);
