// A promise without `then` cannot be told from any other object; within the function, `await` needs none.
// must: completed {}
// then: completed {}
// timeout: 10000

Promise.prototype.then = null;
const one = async () => 1;
const two = (await one()) + 1;
return two;
