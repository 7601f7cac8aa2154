// Calls the handlers of other platforms: Workers, Deno, Vercel, Node.js servers, Lambda with a
// callback, OpenFaaS, Fission and Nuclio. Loaded for programs that have such a handler.
//
// A gateway gives a handler its request and takes its response. That of `http.js` has the HTTP
// request of the call. A call without one uses the gateway `plain`: the input becomes the JSON body
// of a request, `POST` to `https://function.local/`. Of a response with a 2xx status the body is the
// result, any other response is the result as `{ status, headers, body }`.
(function (builtins) {
  'use strict';
  const { stringify, parse, apply, ownKeys, put, defineProperty, PromiseClass, TypeErrorClass } = builtins;
  const URL_OF_CALLS = 'https://function.local/';
  const JSON_TYPE = 'application/json';

  const isObject = (value) => value !== null && typeof value === 'object';
  const isThenable = (value) => isObject(value) && typeof value.then === 'function';
  const hasJson = (type) => typeof type === 'string' && /[/+]json\b/i.test(type);

  const hidden = (object, members) => {
    for (const name of ownKeys(members)) {
      defineProperty(object, name, {
        __proto__: null, value: members[name], writable: true, enumerable: false, configurable: true,
      });
    }
    return object;
  };

  // The variables, secrets and bindings of a function.
  const envOf = (context) => {
    const env = { __proto__: null };
    const prototype = Object.getPrototypeOf(context);
    const variables = context.env;
    for (const name of ownKeys(prototype)) {
      if (typeof name === 'string' && !(name in builtins.reserved)) env[name] = prototype[name];
    }
    for (const name of ownKeys(variables)) env[name] = variables[name];
    return env;
  };

  const needed = (name) => {
    const found = globalThis[name];
    if (typeof found !== 'function') throw new TypeErrorClass('this handler needs ' + name + ', which is missing');
    return found;
  };

  const toRequest = (input, method) => {
    const RequestClass = needed('Request');
    const init = { method, headers: { 'content-type': JSON_TYPE, accept: JSON_TYPE } };
    let url = URL_OF_CALLS;
    if (method !== 'GET' && method !== 'HEAD') {
      init.body = stringify(input);
    } else if (isObject(input)) {
      let separator = '?';
      for (const name of Object.keys(input)) {
        const value = isObject(input[name]) ? stringify(input[name]) : input[name];
        url += separator + encodeURIComponent(name) + '=' + encodeURIComponent(value);
        separator = '&';
      }
    }
    return new RequestClass(url, init);
  };

  const isSuccess = (status) => status >= 200 && status < 300;

  // The result for a status, headers and a body that is no longer encoded.
  const resultOf = (status, headers, body) => (isSuccess(status) ? body : { status, headers, body });

  const decoded = (text, type) => {
    if (text === '') return null;
    if (!hasJson(type)) return text;
    try { return parse(text); } catch { return text; }
  };

  const fromResponse = async (value) => {
    const ResponseClass = globalThis.Response;
    if (typeof ResponseClass !== 'function' || !(value instanceof ResponseClass)) return value;
    const { status } = value, headers = {};
    value.headers.forEach((text, name) => { headers[name] = text; });
    return resultOf(status, headers, decoded(await value.text(), headers['content-type']));
  };

  // The gateway of calls that have an input and no HTTP request.
  const plain = {
    __proto__: null,
    isHttp: false,
    request: toRequest,
    method: () => undefined,
    params: () => ({}),
    client: () => '127.0.0.1',
    result: fromResponse,
    reply: resultOf,
  };

  // What a handler passes to `waitUntil`. The call ends once all of it has settled.
  const waiting = () => {
    const pending = [];
    let settled = 0;
    return {
      members: {
        waitUntil(promise) { put(pending, promise); },
        passThroughOnException() {},
        props: {},
      },
      hasWork: () => pending.length > 0,
      async settle() {
        while (settled < pending.length) {
          try { await pending[settled++]; } catch (error) { console.error(error); }
        }
      },
    };
  };

  const respond = async (gateway, call) => {
    const background = waiting();
    let result;
    try {
      const value = await call(background.members);
      result = await gateway.result(value, background.hasWork());
    } finally {
      await background.settle();
    }
    return result;
  };

  // Marks a handler that takes the request from its gateway.
  const taking = (gateway, handler) => hidden(handler, { isHttp: gateway.isHttp });

  // The firing of a schedule, as the host passes it to a function without an input of its own.
  const isFiring = (input) => isObject(input)
    && typeof input.cron === 'string' && typeof input.scheduledTime === 'number';

  // A firing goes to `scheduled`, if there is one.
  const workers = (object, gateway = plain) => taking(gateway, (input, context) => {
    if (!gateway.isHttp && typeof object.scheduled === 'function' && isFiring(input)) {
      return scheduled(object, gateway)(input, context);
    }
    return respond(gateway, (ctx) => object.fetch(gateway.request(input, 'POST'), envOf(context), ctx));
  });

  // The result of `scheduled` is ignored, as on Workers.
  const scheduled = (object, gateway) => (input, context) => respond(gateway, async (ctx) => {
    const { cron = '', scheduledTime = Date.now() } = isObject(input) ? input : {};
    const event = hidden({ type: 'scheduled', cron, scheduledTime }, { noRetry() {}, ...ctx });
    await object.scheduled(event, envOf(context), ctx);
  });

  const requests = (handler, method, gateway) => (input, context) => respond(gateway, (ctx) => handler(
    gateway.request(input, method),
    { ...ctx, params: PromiseClass.resolve(gateway.params()), env: envOf(context) },
  ));

  // ---- handlers that register themselves ----

  const listeners = [];
  let served;

  const registering = {
    addEventListener(type, listener) { if (type === 'fetch') put(listeners, listener); },
    removeEventListener() {},
  };

  const deno = {
    env: {
      get: (name) => builtins.environment()[name],
      has: (name) => name in builtins.environment(),
      toObject: () => ({ ...builtins.environment() }),
      set() { throw new TypeErrorClass('environment variables cannot be changed here'); },
    },
    serve(...values) {
      for (const value of values) {
        if (typeof value === 'function') served = value;
        else if (isObject(value) && typeof value.handler === 'function') served = value.handler;
        else if (isObject(value) && typeof value.fetch === 'function') served = (...all) => value.fetch(...all);
      }
      if (served === undefined) throw new TypeErrorClass('Deno.serve needs a handler');
      const server = { addr: { transport: 'tcp', hostname: 'function.local', port: 443 }, finished: PromiseClass.resolve() };
      return hidden(server, { shutdown: async () => {}, ref() {}, unref() {} });
    },
  };

  const prepare = (kind, usesDeno) => {
    if (kind === 'workers.event') hidden(globalThis, registering);
    if (usesDeno) hidden(globalThis, { Deno: deno });
  };

  const event = (gateway) => (input, context) => respond(gateway, async (ctx) => {
    for (const [name, value] of Object.entries(envOf(context))) {
      if (!(name in globalThis)) hidden(globalThis, { [name]: value });
    }
    let response;
    const fetchEvent = {
      type: 'fetch', request: gateway.request(input, 'POST'), ...ctx,
      respondWith(value) { response = PromiseClass.resolve(value); },
    };
    for (const listener of listeners) {
      if (typeof listener === 'function') listener(fetchEvent); else listener.handleEvent(fetchEvent);
    }
    if (response === undefined) throw new TypeErrorClass('no listener of "fetch" called respondWith');
    return response;
  });

  const serve = (gateway) => (input) => respond(gateway, () => served(
    gateway.request(input, 'POST'),
    { remoteAddr: { transport: 'tcp', hostname: gateway.client(), port: 0 } },
  ));

  // ---- Node.js servers ----

  // The request of an input, with its parts as servers for Node.js name them.
  const inputEvent = (input) => ({
    method: 'POST', path: '/', url: '/', query: {}, headers: { 'content-type': JSON_TYPE }, params: {}, cookies: {},
    body: input, rawBody: stringify(input), bufferOf: (array) => array,
  });
  const eventOf = (gateway, input) => (gateway.isHttp ? gateway.event() : inputEvent(input));
  const withEvent = (gateway, input, next) => {
    const event = eventOf(gateway, input);
    return isThenable(event) ? event.then(next) : next(event);
  };

  const encode = (text) => new (needed('TextEncoder'))().encode(text);

  // The whole body that was written in chunks.
  const joined = (chunks) => {
    if (chunks.length === 1) return chunks[0];
    if (chunks.every((chunk) => typeof chunk === 'string')) return chunks.join('');
    const bytes = [];
    for (const chunk of chunks) bytes.push(typeof chunk === 'string' ? encode(chunk) : chunk);
    const all = new Uint8Array(bytes.reduce((length, chunk) => length + chunk.length, 0));
    let at = 0;
    for (const chunk of bytes) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  };

  const nodeHttp = (handler, gateway) => (input) =>
    withEvent(gateway, input, (event) => callNode(handler, gateway, event));

  const callNode = (handler, gateway, event) => new PromiseClass((resolve, reject) => {
    const { method, path, url, query, headers, params, cookies, body: input, rawBody } = event;
    const chunk = typeof rawBody === 'string' ? rawBody : event.bufferOf(rawBody), isEmpty = rawBody.length === 0;
    const request = {
      method, url, path, originalUrl: url, httpVersion: '1.1', protocol: 'https',
      headers, query, params, cookies, body: input, rawBody: chunk,
    };
    hidden(request, {
      get: (name) => headers[name.toLowerCase()],
      header: (name) => headers[name.toLowerCase()],
      on(type, listener) {
        if (type === 'data' && !isEmpty) queueMicrotask(() => listener(chunk));
        if (type === 'end') queueMicrotask(() => queueMicrotask(listener));
        return request;
      },
      async *[Symbol.asyncIterator]() { if (!isEmpty) yield chunk; },
    });
    const sent = {};
    const chunks = [];
    const listeners = { __proto__: null };
    let done = false, pieces, wanted, failure;
    const emit = (type) => {
      const called = listeners[type] ?? [];
      listeners[type] = called.filter((one) => !one.isOnce);
      for (const one of called) one.listener.call(response);
    };
    const listen = (isOnce) => (type, listener) => {
      put(listeners[type] ??= [], { listener, isOnce });
      return response;
    };
    // Answers the request for the next piece, if there is one and something to answer it with.
    const give = () => {
      if (wanted === undefined) return;
      if (pieces.length > 0) wanted.resolve(pieces.shift());
      else if (failure !== undefined) wanted.reject(failure.error);
      else if (done) wanted.resolve(undefined);
      else return;
      wanted = undefined;
    };
    const next = () => new PromiseClass((resolveNext, rejectNext) => {
      wanted = { resolve: resolveNext, reject: rejectNext };
      give();
      if (wanted !== undefined) emit('drain');
    });
    // Sends the head: from now on, each piece goes out as it is written.
    const begin = () => {
      if (done || pieces !== undefined || !gateway.isHttp || method === 'HEAD') return;
      response.headersSent = true;
      pieces = [];
      resolve(gateway.stream(response.statusCode, sent, next, async () => emit('close')));
    };
    const send = (chunk) => {
      put(pieces, typeof chunk === 'string' ? encode(chunk) : chunk);
      give();
    };
    const finish = (value) => {
      if (done) return response;
      done = response.headersSent = response.writableEnded = response.finished = true;
      queueMicrotask(() => emit('finish'));
      const isChunk = typeof value === 'string' || value instanceof Uint8Array;
      if (pieces !== undefined) {
        if (isChunk) send(value);
        give();
        return response;
      }
      if (isChunk) put(chunks, value);
      if (chunks.length > 0 && (isChunk || value === undefined)) value = joined(chunks);
      if (typeof value === 'string' && !gateway.isHttp) value = decoded(value, sent['content-type']);
      resolve(gateway.reply(response.statusCode, sent, value === undefined ? null : value));
      return response;
    };
    const set = (name, value) => {
      if (isObject(name)) for (const key of Object.keys(name)) set(key, name[key]);
      else sent[name.toLowerCase()] = value;
      return response;
    };
    const append = (name, value) => {
      const key = name.toLowerCase();
      sent[key] = key in sent ? [sent[key], value].flat() : value;
      return response;
    };
    const response = { statusCode: 200, statusMessage: '', headersSent: false, writableEnded: false, finished: false, locals: {} };
    hidden(response, {
      status(code) { response.statusCode = code; return response; },
      json(value) {
        if (!gateway.isHttp) {
          set('content-type', JSON_TYPE);
          return finish(isObject(value) ? parse(stringify(value)) : value);
        }
        if (!('content-type' in sent)) set('content-type', JSON_TYPE);
        return finish(stringify(value));
      },
      send(value) {
        const isHtml = gateway.isHttp && typeof value === 'string' && !('content-type' in sent);
        if (isHtml) set('content-type', 'text/html; charset=utf-8');
        return finish(value);
      },
      end(value) { return finish(typeof value === 'function' ? undefined : value); },
      write(chunk) {
        if (done) throw new TypeErrorClass('write after end');
        begin();
        if (pieces === undefined) {
          put(chunks, chunk);
          return true;
        }
        send(chunk);
        return pieces.length === 0;
      },
      set, header: set, setHeader: set, append, appendHeader: append, getHeader: (name) => sent[name.toLowerCase()],
      get: (name) => sent[name.toLowerCase()],
      removeHeader(name) { delete sent[name.toLowerCase()]; },
      hasHeader: (name) => name.toLowerCase() in sent,
      writeHead(code, ...more) {
        response.statusCode = code;
        for (const one of more) if (isObject(one)) set(one);
        return response;
      },
      sendStatus(code) { response.statusCode = code; return finish(String(code)); },
      type(value) { return set('content-type', value.includes('/') ? value : value === 'json' ? JSON_TYPE : 'text/' + value); },
      redirect(code, url) {
        response.statusCode = url === undefined ? 302 : code;
        set('location', url === undefined ? code : url);
        return finish();
      },
      cookie(name, value, options = {}) {
        let text = name + '=' + encodeURIComponent(value) + '; Path=' + (options.path ?? '/');
        if (options.maxAge !== undefined) text += '; Max-Age=' + Math.trunc(options.maxAge / 1000);
        if (options.domain !== undefined) text += '; Domain=' + options.domain;
        if (options.expires !== undefined) text += '; Expires=' + options.expires.toUTCString();
        if (options.httpOnly) text += '; HttpOnly';
        if (options.secure) text += '; Secure';
        if (options.sameSite) text += '; SameSite=' + (options.sameSite === true ? 'Strict' : options.sameSite);
        return append('set-cookie', text);
      },
      on: listen(false), once: listen(true), flushHeaders: begin,
    });
    const returned = handler(request, response);
    if (isThenable(returned)) {
      returned.then(undefined, (error) => {
        if (pieces === undefined) return reject(error);
        failure = { error };
        give();
      });
    }
  });

  // ---- Lambda with a callback, OpenFaaS, Fission, Nuclio ----

  const lambda = (handler, gateway) => {
    const call = callLambda(handler);
    if (!gateway.isHttp) return call;
    return (_, context) => gateway.withBody(() => call(gateway.lambdaEvent(context), context).then(gateway.lambda));
  };

  const callLambda = (handler) => (input, context) => new PromiseClass((resolve, reject) => {
    const callback = (error, result) => (error === null || error === undefined ? resolve(result) : reject(error));
    hidden(context, { done: callback, succeed: resolve, fail: reject });
    const returned = handler(input, context, callback);
    if (isThenable(returned)) returned.then(resolve, reject);
    else if (returned !== undefined && handler.length < 3) resolve(returned);
  });

  const openFaas = (handler, gateway) => (input) =>
    withEvent(gateway, input, (event) => callOpenFaas(handler, gateway, event));

  const callOpenFaas = (handler, gateway, event) => new PromiseClass((resolve, reject) => {
    const request = { body: event.body, headers: event.headers, method: event.method, query: event.query, path: event.path };
    let status = 200, headers = {}, completed = false;
    const succeed = (value) => {
      completed = true;
      resolve(gateway.reply(status, headers, value));
      return context;
    };
    const context = {};
    hidden(context, {
      status(code) { if (code === undefined) return status; status = code; return context; },
      headers(values) { if (values === undefined) return headers; headers = values; return context; },
      succeed,
      fail(error) { completed = true; reject(error); return context; },
    });
    const callback = (error, value) => (error === null || error === undefined ? succeed(value) : reject(error));
    const returned = handler(request, context, callback);
    const end = (value) => { if (!completed && (value !== undefined || handler.length < 3)) succeed(value); };
    if (isThenable(returned)) returned.then(end, reject); else if (returned !== undefined) end(returned);
  });

  const valueOf = (gateway, value) => (gateway.isHttp ? gateway.value(value) : value);

  const fission = (handler, gateway) => async (input) => {
    const { body: given, headers: sent, method, query, url, path } = await eventOf(gateway, input);
    const answer = await handler({ request: { body: given, headers: sent, method, query, url, path } });
    if (!isObject(answer) || !('body' in answer || 'status' in answer)) return valueOf(gateway, answer);
    const { status = 200, headers = {}, body = null } = answer;
    return gateway.reply(status, headers, body);
  };

  const nuclio = (handler, gateway) => (input) =>
    withEvent(gateway, input, (event) => callNuclio(handler, gateway, event));

  const callNuclio = (handler, gateway, event) => new PromiseClass((resolve, reject) => {
    class Response {
      constructor(body = null, headers = {}, contentType = 'text/plain', statusCode = 200) {
        this.body = body; this.headers = headers; this.contentType = contentType; this.statusCode = statusCode;
      }
    }
    const callback = (value) => resolve(value instanceof Response
      ? gateway.reply(value.statusCode, { ...value.headers, 'content-type': value.contentType }, value.body)
      : valueOf(gateway, value));
    const log = (name) => (...values) => console[name](...values);
    const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
    for (const name of ['debug', 'info', 'warn', 'error']) logger[name + 'With'] = logger[name];
    const returned = handler(
      { callback, Response, logger, userData: {} },
      {
        body: event.body, headers: event.headers, method: event.method, path: event.path, fields: event.query,
        contentType: event.headers['content-type'],
      },
    );
    if (isThenable(returned)) returned.then((value) => { if (value !== undefined) callback(value); }, reject);
  });

  const METHODS = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];

  const methods = (exports, gateway) => {
    const named = METHODS.filter((name) => typeof exports[name] === 'function');
    if (named.length === 0) throw new TypeErrorClass('no function is named after an HTTP method');
    const handlers = { __proto__: null };
    for (const name of named) handlers[name] = requests((...all) => exports[name](...all), name, gateway);
    handlers.HEAD ??= handlers.GET;
    return (input, context) => {
      const handler = gateway.isHttp ? handlers[gateway.method()] : handlers[named[0]];
      return handler === undefined ? gateway.notAllowed(Object.keys(handlers).filter((name) => handlers[name])) : handler(input, context);
    };
  };

  // The handler of this kind, among what the program exports. `find` finds the exported function.
  const adapt = (kind, exports, find, gateway = plain) => {
    switch (kind) {
      case 'workers.fetch': return workers(exports.default, gateway);
      case 'workers.scheduled': return scheduled(exports.default, gateway);
      case 'workers.event': return event(gateway);
      case 'deno.serve': return serve(gateway);
      case 'http.methods': return methods(exports, gateway);
      case 'http.request': return requests(find(), 'POST', gateway);
      case 'node.http': return nodeHttp(find(), gateway);
      case 'lambda.callback': return lambda(find(), gateway);
      case 'openfaas': return openFaas(find(), gateway);
      case 'fission': return fission(find(), gateway);
      default: return nuclio(find(), gateway);
    }
  };

  return { __proto__: null, adapt, prepare, workers };
})
