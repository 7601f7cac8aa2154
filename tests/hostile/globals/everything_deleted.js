// What the platform needs it holds.
// must: completed 1
// then: failed user_error
// or: completed 1
// timeout: 10000

for (const key of Reflect.ownKeys(globalThis)) { try { delete globalThis[key]; } catch {} }
return 1;
