// From a module.
// must: failed user_error
// timeout: 10000

export default async () => Object.keys(await import('qjs:os'));
