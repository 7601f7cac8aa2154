// A member with a name that means something elsewhere.
// must: completed {"__proto__":{"admin":true},"constructor":1}
// timeout: 10000

return JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}');
