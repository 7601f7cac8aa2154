// A module is no body.
// must: refused
// timeout: 10000

export default 1;
return 2;
