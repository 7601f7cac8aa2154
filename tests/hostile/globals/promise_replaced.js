// The platform holds its own `Promise`, in the next execution too.
// must: completed 1
// then: completed 1
// timeout: 10000

globalThis.Promise = null;
const wait = async () => 1;
return wait();
