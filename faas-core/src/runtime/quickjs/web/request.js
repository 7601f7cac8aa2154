// `Request`.
(function (use) {
  'use strict';
  const { expose, need, isObject, usv, dictionary } = use('idl');
  const { Headers, listOf, fill, byteString } = use('headers');
  const { extract, mixin, used } = use('body');

  const MODES = {
    __proto__: null,
    referrerPolicy: ['', 'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin', 'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url'],
    mode: ['cors', 'no-cors', 'same-origin', 'navigate'],
    credentials: ['same-origin', 'omit', 'include'],
    cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
    redirect: ['follow', 'error', 'manual'],
  };
  const KNOWN = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];
  const FORBIDDEN = ['CONNECT', 'TRACE', 'TRACK'];

  const methodOf = (value) => {
    const text = byteString(value), upper = text.toUpperCase();
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text) || FORBIDDEN.includes(upper)) {
      throw new TypeError(`invalid method: ${text}`);
    }
    return KNOWN.includes(upper) ? upper : text;
  };

  const parseUrl = (text) => {
    const { URL } = use('url');
    let url;
    try {
      const { location } = globalThis;
      url = isObject(location) ? new URL(text, location.href) : new URL(text);
    } catch {
      throw new TypeError(`invalid URL: ${text}`);
    }
    return url;
  };

  let stateOf, isRequest, make;

  class Request {
    #state;

    constructor(input, init = undefined) {
      need(arguments.length, 1, 'Request');
      const options = dictionary(init, 'the options of a Request');
      const from = isRequest(input) ? input.#state : null;
      const state = from === null
        ? {
          __proto__: null, method: 'GET', url: urlOf(input), referrer: 'about:client', referrerPolicy: '',
          mode: 'cors', credentials: 'same-origin', cache: 'default', redirect: 'follow', integrity: '',
          keepalive: false, duplex: 'half', headers: null, body: null, signal: null, watch: null,
        }
        : { __proto__: null, ...from, headers: null, body: null, signal: null, watch: null };
      const {
        body, cache, credentials, duplex, headers, integrity, keepalive, method, mode, redirect,
        referrer, referrerPolicy, signal, window,
      } = options;
      if (window !== undefined && window !== null) throw new TypeError('window must be null');
      const chosen = { referrerPolicy, mode, credentials, cache, redirect };
      for (const name of Object.keys(chosen)) {
        if (chosen[name] === undefined) continue;
        const value = `${chosen[name]}`;
        if (!MODES[name].includes(value)) throw new TypeError(`invalid ${name}: ${value}`);
        state[name] = value;
      }
      if (state.mode === 'navigate' && mode !== undefined) throw new TypeError('mode must not be navigate');
      if (referrer !== undefined) {
        const text = usv(referrer);
        state.referrer = text === '' ? '' : parseUrl(text).href;
      }
      if (state.cache === 'only-if-cached' && state.mode !== 'same-origin') {
        throw new TypeError('cache only-if-cached needs the mode same-origin');
      }
      if (integrity !== undefined) state.integrity = `${integrity}`;
      if (keepalive !== undefined) state.keepalive = !!keepalive;
      if (method !== undefined) state.method = methodOf(method);
      if (duplex !== undefined && `${duplex}` !== 'half') throw new TypeError('duplex must be half');
      const abort = use('abort');
      const followed = signal === undefined ? from?.signal : signal;
      if (followed !== undefined && followed !== null && !abort.isSignal(followed)) {
        throw new TypeError('the signal must be an AbortSignal');
      }
      state.isAbortable = followed !== undefined && followed !== null;
      state.signal = abort.AbortSignal.any(followed === undefined || followed === null ? [] : [followed]);
      state.headers = new Headers();
      if (headers !== undefined) fill(state.headers, headers);
      else if (from !== null) for (const pair of listOf(from.headers)) state.headers.append(pair[0], pair[1]);

      const hasBody = body !== undefined && body !== null;
      const inherits = !hasBody && from !== null && from.body !== null;
      if ((hasBody || inherits) && (state.method === 'GET' || state.method === 'HEAD')) {
        throw new TypeError(`a ${state.method} request cannot have a body`);
      }
      if (hasBody) {
        const { 0: made, 1: type } = extract(body);
        if (made.bytes === null && duplex === undefined) {
          throw new TypeError('a request whose body is a stream needs duplex: "half"');
        }
        if (made.bytes === null && state.keepalive) throw new TypeError('a request with keepalive cannot have a stream as its body');
        state.body = made;
        if (type !== null && !state.headers.has('content-type')) state.headers.append('content-type', type);
      } else if (inherits) {
        if (from.body.isUnusable()) throw used();
        state.body = from.body.move();
      }
      this.#state = state;
    }

    static {
      stateOf = (request) => request.#state;
      isRequest = (value) => isObject(value) && #state in value;
      // A request with other parts of its state. `watch(abort)` is called when code first asks for its
      // signal.
      make = (url, state) => {
        const made = new Request(url);
        Object.assign(made.#state, state);
        return made;
      };
    }

    get method() { return this.#state.method; }
    get url() { return this.#state.url; }
    get headers() { return this.#state.headers; }
    get destination() { this.#state; return ''; }
    get referrer() { return this.#state.referrer; }
    get referrerPolicy() { return this.#state.referrerPolicy; }
    get mode() { return this.#state.mode; }
    get credentials() { return this.#state.credentials; }
    get cache() { return this.#state.cache; }
    get redirect() { return this.#state.redirect; }
    get integrity() { return this.#state.integrity; }
    get keepalive() { return this.#state.keepalive; }
    get isReloadNavigation() { this.#state; return false; }
    get isHistoryNavigation() { this.#state; return false; }
    get signal() {
      const state = this.#state, { watch } = state;
      if (watch !== null) {
        const { AbortController } = use('abort');
        const controller = new AbortController();
        state.watch = null;
        state.signal = controller.signal;
        watch((reason) => controller.abort(reason));
      }
      return state.signal;
    }
    get duplex() { this.#state; return 'half'; }

    clone() {
      const { body } = this.#state, { signal } = this;
      if (body !== null && body.isUnusable()) throw used();
      const made = new Request(this.#state.url);
      const headers = new Headers();
      for (const pair of listOf(this.#state.headers)) headers.append(pair[0], pair[1]);
      made.#state = {
        __proto__: null, ...this.#state, headers, body: body === null ? null : body.clone(), watch: null,
        signal: use('abort').AbortSignal.any([signal]),
      };
      return made;
    }
  }

  const urlOf = (input) => {
    const url = parseUrl(usv(input));
    if (url.username !== '' || url.password !== '') {
      throw new TypeError('the URL of a request cannot have a user name or a password');
    }
    return url.href;
  };

  mixin(Request, stateOf);
  expose(Request);

  return { Request, make, stateOf, parseUrl };
})
