// The context's prototype can be reached; what is put there stays within the function.
// must: completed 1
// then: completed 1
// timeout: 10000

Object.getPrototypeOf(context).attempt = 99;
return context.attempt;
