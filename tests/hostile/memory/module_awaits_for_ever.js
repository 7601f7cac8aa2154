// A module that is still waiting when its isolate is dropped: QuickJS frees it before what refers to it.
// must: failed user_error never settles
// then: failed user_error never settles
// timeout: 10000

globalThis.kept = new Promise(() => {});
await globalThis.kept;
export default () => 1;
