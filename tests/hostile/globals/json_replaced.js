// The platform holds its own `JSON`, in the next execution too.
// must: completed {"a":1}
// then: completed {"a":1}
// timeout: 10000
// input: {"a":1}

JSON.parse = JSON.stringify = () => { for (;;); };
return input;
