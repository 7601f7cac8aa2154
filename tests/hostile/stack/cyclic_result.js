// A cycle is no JSON.
// must: failed user_error contains a cycle
// timeout: 10000

const cycle = {};
cycle.cycle = cycle;
return cycle;
