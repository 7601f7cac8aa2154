// `fetch`. `platform.fetch(request)`, if there is one, does the work: it returns a promise of a
// `Response`. Without it no network is configured.
(function (use, native, platform) {
  'use strict';
  const { need } = use('idl');
  const { Request } = use('request');

  const CODE = 'ERR_NO_NETWORK';

  const noNetwork = async ({ url }) => {
    const error = new TypeError(`fetch failed: no network is configured, ${url} cannot be reached`);
    error.code = CODE;
    throw error;
  };

  async function fetch(input, init = undefined) {
    need(arguments.length, 1, 'fetch');
    const request = new Request(input, init);
    const { signal } = request;
    signal.throwIfAborted();
    const { follow, unfollow } = use('abort');
    const sent = (platform.fetch ?? noNetwork)(request);
    let abort;
    const aborted = new Promise((_, reject) => {
      abort = () => { reject(signal.reason); };
      follow(signal, abort);
    });
    try {
      return await Promise.race([sent, aborted]);
    } finally {
      unfollow(signal, abort);
    }
  }

  return { fetch };
})
