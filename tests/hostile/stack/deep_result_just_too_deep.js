// A result that can be written, but not be read again by everybody.
// must: failed user_error nests deeper
// timeout: 10000

let deep = [];
for (let i = 0; i < 500; i++) deep = [deep];
return deep;
