// `navigator`.
(function (use) {
  'use strict';
  const { expose } = use('idl');
  const KEY = {};

  class Navigator {
    #own;
    constructor(key = undefined) {
      if (key !== KEY) throw new TypeError('Illegal constructor');
      this.#own = true;
    }
    get userAgent() { this.#own; return 'S3-for-Compute'; }
  }
  expose(Navigator);

  return { Navigator, navigator: new Navigator(KEY) };
})
