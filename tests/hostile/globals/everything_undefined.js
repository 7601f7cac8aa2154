// The same by assignment.
// must: completed 1
// then: completed 1
// or: failed user_error
// timeout: 10000

const { ownKeys } = globalThis.Reflect ?? { ownKeys: () => [] };
for (const key of ownKeys(globalThis)) { try { globalThis[key] = undefined; } catch {} }
return 1;
