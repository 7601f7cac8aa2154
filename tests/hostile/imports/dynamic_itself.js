// A module that imports itself by the name that is in its errors.
// must: failed user_error
// or: completed ["default"]
// timeout: 10000

export default async () => {
  const name = /\((.*?):\d+/.exec(new Error().stack)?.[1] ?? 'function.js';
  return Object.keys(await import(name));
};
