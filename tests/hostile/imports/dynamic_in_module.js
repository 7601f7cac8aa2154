// From a module.
// must: failed user_error
// timeout: 300

export default async () => Object.keys(await import('qjs:os'));
