// Prepares an isolate for `testharness.js`. The runner replaces `$SETTINGS` with an object:
// `variant` is the query of the test's address, `path` its path, `files` the texts that it fetches.
const wpt$ = (() => {
  const { variant, path, files } = $SETTINGS;
  const log = console.log, { stringify } = JSON, slice = Function.prototype.call.bind(''.slice);
  const fetchAnything = globalThis.fetch;
  const define = (name, value) => Object.defineProperty(globalThis, name, {
    __proto__: null, value, writable: true, enumerable: false, configurable: true,
  });

  if (globalThis.self === undefined) define('self', globalThis);
  const origin = 'http://web-platform.test';
  define('location', {
    search: variant, hash: '', origin, pathname: path, host: 'web-platform.test', protocol: 'http:',
    href: origin + path + variant, toString() { return this.href; },
  });
  define('GLOBAL', { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false });
  define('fetch', async (resource, ...options) => {
    const text = files[resource];
    if (text === undefined) return fetchAnything(resource, ...options);
    return { ok: true, status: 200, text: async () => text, json: async () => JSON.parse(text) };
  });

  let complete;
  const completed = new Promise((resolve) => { complete = resolve; });
  return {
    completed,
    // Reports each subtest on a line of its own: what the test does later cannot lose it.
    watch() {
      add_result_callback(({ name, status, message }) => {
        log(stringify({ name, status, message: slice(`${message ?? ''}`, 0, 300) }));
      });
      add_completion_callback((_, { status, message }) => {
        log(stringify({ status, message: slice(`${message ?? ''}`, 0, 300) }));
        complete(null);
      });
    },
  };
})();
