// The last index that an array can have: no memory is taken for the holes.
// must: completed 4294967295
// timeout: 10000

const sparse = [];
sparse[2 ** 32 - 2] = 1;
return sparse.length;
