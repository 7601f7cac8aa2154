// The handler is what it was when the code was loaded.
// must: completed 1
// then: completed 1
// timeout: 10000

function handler(input) { handler = () => 2; globalThis.handler = () => 3; return 1; }
