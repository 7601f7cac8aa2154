// A module is no body.
// must: refused
// timeout: 300

export default 1;
return 2;
