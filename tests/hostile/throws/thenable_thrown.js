// A thenable is thrown: it is not waited for.
// must: failed user_error then
// timeout: 10000

throw { then(resolve) { resolve(1); } };
return 1;
