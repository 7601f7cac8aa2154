// A cycle is no JSON.
// must: failed user_error contains a cycle
// timeout: 500

const cycle = {};
cycle.cycle = cycle;
return cycle;
