// What a module knows of itself is no path of the host.
// must: completed "[\"file:///function.js\",null]"
// timeout: 10000

export default () => JSON.stringify([import.meta.url ?? null, import.meta.main ?? null]);
