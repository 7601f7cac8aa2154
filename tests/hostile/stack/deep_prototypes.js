// A chain of a hundred thousand prototypes is walked without recursion.
// must: completed 1
// timeout: 10000

let object = { a: 1 };
for (let i = 0; i < 1e5; i++) object = Object.create(object);
return object.a;
