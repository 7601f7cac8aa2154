// A tree of a hundred million nodes is shown up to a bound.
// must: completed 1
// timeout: 10000

const leaf = new Array(100).fill(0);
const two = new Array(100).fill(leaf), three = new Array(100).fill(two);
console.log(new Array(100).fill(three));
return 1;
