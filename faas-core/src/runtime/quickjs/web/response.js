// `Response`.
(function (use) {
  'use strict';
  const { expose, need, isObject, usv, dictionary } = use('idl');
  const { Headers, listOf, setGuard, fill, byteString } = use('headers');
  const { extract, mixin, used } = use('body');

  const NULL_BODY = [101, 103, 204, 205, 304], REDIRECTS = [301, 302, 303, 307, 308];

  // A number as `unsigned short`.
  const short = (value) => {
    const number = Math.trunc(Number(value));
    return Number.isFinite(number) ? ((number % 65536) + 65536) % 65536 : 0;
  };

  let stateOf, make;

  class Response {
    #state = {
      __proto__: null, type: 'default', url: '', redirected: false, status: 200, statusText: '', headers: new Headers(), body: null,
    };

    constructor(body = undefined, init = undefined) {
      const options = dictionary(init, 'the options of a Response');
      const content = body === undefined || body === null ? null : extract(body);
      this.#begin(options, content);
    }

    #begin({ headers, status, statusText }, content) {
      const state = this.#state;
      const code = status === undefined ? 200 : short(status);
      const text = statusText === undefined ? '' : byteString(statusText);
      if (code < 200 || code > 599) throw new RangeError(`the status must be from 200 to 599: ${code}`);
      if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new TypeError('the status text has a character that is not allowed');
      state.status = code;
      state.statusText = text;
      if (headers !== undefined) fill(state.headers, headers);
      if (content !== null) {
        if (NULL_BODY.includes(code)) throw new TypeError(`a response with status ${code} cannot have a body`);
        state.body = content[0];
        if (content[1] !== null && !state.headers.has('content-type')) state.headers.append('content-type', content[1]);
      }
    }

    static {
      stateOf = (response) => response.#state;
      // Makes a response of other parts of its state.
      make = (state) => {
        const made = new Response();
        Object.assign(made.#state, state);
        return made;
      };
    }

    static error() {
      const made = make({ type: 'error', status: 0 });
      setGuard(made.headers);
      return made;
    }

    static redirect(url, status = 302) {
      need(arguments.length, 1, 'Response.redirect');
      const { href } = use('request').parseUrl(usv(url));
      const code = short(status);
      if (!REDIRECTS.includes(code)) throw new RangeError(`${code} is not the status of a redirect`);
      const made = make({ status: code });
      made.headers.append('location', href);
      setGuard(made.headers);
      return made;
    }

    static json(data, init = undefined) {
      need(arguments.length, 1, 'Response.json');
      const text = JSON.stringify(data);
      if (text === undefined) throw new TypeError('the data is not JSON');
      const made = new Response();
      made.#begin(dictionary(init, 'the options of a Response'), [extract(text)[0], 'application/json']);
      return made;
    }

    get type() { return this.#state.type; }
    get url() { return this.#state.url; }
    get redirected() { return this.#state.redirected; }
    get status() { return this.#state.status; }
    get ok() { const { status } = this.#state; return status >= 200 && status <= 299; }
    get statusText() { return this.#state.statusText; }
    get headers() { return this.#state.headers; }

    clone() {
      const { body, headers: own } = this.#state;
      if (body !== null && body.isUnusable()) throw used();
      const headers = new Headers();
      for (const pair of listOf(own)) headers.append(pair[0], pair[1]);
      return make({ ...this.#state, headers, body: body === null ? null : body.clone() });
    }
  }
  mixin(Response, stateOf);
  expose(Response);

  const isResponse = (value) => isObject(value) && value instanceof Response;

  return { Response, make, isResponse, stateOf };
})
