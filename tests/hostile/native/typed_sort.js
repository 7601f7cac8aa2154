// Sorts a hundred million numbers natively.
// must: failed timeout timed out after
// timeout: 200
// thread: abandoned

const numbers = new Float64Array(1e7);
for (let i = 0; i < 1e6; i++) numbers.sort();
return 1;
