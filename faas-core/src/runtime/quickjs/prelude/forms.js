// Calls the handlers of other platforms: Workers, Deno, Vercel, Node.js servers, Lambda with a
// callback, OpenFaaS, Fission and Nuclio. Loaded for programs that have such a handler.
//
// A call has an input and no HTTP request, so the input becomes the JSON body of one: `POST` to
// `https://function.local/`. Of a response with a 2xx status the body is the result, any other
// response is the result as `{ status, headers, body }`.
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
      async settle() {
        while (settled < pending.length) {
          try { await pending[settled++]; } catch (error) { console.error(error); }
        }
      },
    };
  };

  const respond = async (call) => {
    const background = waiting();
    let result;
    try {
      result = await fromResponse(await call(background.members));
    } finally {
      await background.settle();
    }
    return result;
  };

  const workers = (object) => (input, context) =>
    respond((ctx) => object.fetch(toRequest(input, 'POST'), envOf(context), ctx));

  const requests = (handler, method) => (input, context) =>
    respond((ctx) => handler(toRequest(input, method), { ...ctx, params: PromiseClass.resolve({}), env: envOf(context) }));

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

  const event = (input, context) => respond(async (ctx) => {
    for (const [name, value] of Object.entries(envOf(context))) {
      if (!(name in globalThis)) hidden(globalThis, { [name]: value });
    }
    let response;
    const fetchEvent = {
      type: 'fetch', request: toRequest(input, 'POST'), ...ctx,
      respondWith(value) { response = PromiseClass.resolve(value); },
    };
    for (const listener of listeners) {
      if (typeof listener === 'function') listener(fetchEvent); else listener.handleEvent(fetchEvent);
    }
    if (response === undefined) throw new TypeErrorClass('no listener of "fetch" called respondWith');
    return response;
  });

  const serve = (input) => respond(() =>
    served(toRequest(input, 'POST'), { remoteAddr: { transport: 'tcp', hostname: '127.0.0.1', port: 0 } }));

  // ---- Node.js servers ----

  const nodeHttp = (handler) => (input) => new PromiseClass((resolve, reject) => {
    const headers = { 'content-type': JSON_TYPE };
    const text = stringify(input);
    const request = {
      method: 'POST', url: '/', path: '/', originalUrl: '/', httpVersion: '1.1', protocol: 'https',
      headers, query: {}, params: {}, cookies: {}, body: input, rawBody: text,
    };
    hidden(request, {
      get: (name) => headers[name.toLowerCase()],
      header: (name) => headers[name.toLowerCase()],
      on(type, listener) {
        if (type === 'data') queueMicrotask(() => listener(text));
        if (type === 'end') queueMicrotask(() => queueMicrotask(listener));
        return request;
      },
      async *[Symbol.asyncIterator]() { yield text; },
    });
    const sent = {};
    let body, chunks = '', done = false;
    const finish = (value) => {
      if (done) return response;
      done = response.headersSent = response.writableEnded = response.finished = true;
      if (typeof value === 'string') value = decoded(chunks + value, sent['content-type']);
      else if (value === undefined && chunks !== '') value = decoded(chunks, sent['content-type']);
      resolve(resultOf(response.statusCode, sent, value === undefined ? null : value));
      return response;
    };
    const set = (name, value) => {
      if (isObject(name)) for (const key of Object.keys(name)) set(key, name[key]);
      else sent[name.toLowerCase()] = value;
      return response;
    };
    const response = { statusCode: 200, statusMessage: '', headersSent: false, writableEnded: false, finished: false, locals: {} };
    hidden(response, {
      status(code) { response.statusCode = code; return response; },
      json(value) { set('content-type', JSON_TYPE); return finish(isObject(value) ? parse(stringify(value)) : value); },
      send(value) { return finish(value); },
      end(value) { return finish(value); },
      write(chunk) { chunks += chunk; return true; },
      set, header: set, setHeader: set, append: set, getHeader: (name) => sent[name.toLowerCase()],
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
      cookie() { return response; },
      on() { return response; }, once() { return response; }, flushHeaders() {},
    });
    const returned = handler(request, response);
    if (isThenable(returned)) returned.then(undefined, reject);
  });

  // ---- Lambda with a callback, OpenFaaS, Fission, Nuclio ----

  const lambda = (handler) => (input, context) => new PromiseClass((resolve, reject) => {
    const callback = (error, result) => (error === null || error === undefined ? resolve(result) : reject(error));
    hidden(context, { done: callback, succeed: resolve, fail: reject });
    const returned = handler(input, context, callback);
    if (isThenable(returned)) returned.then(resolve, reject);
    else if (returned !== undefined && handler.length < 3) resolve(returned);
  });

  const openFaas = (handler) => (input) => new PromiseClass((resolve, reject) => {
    const request = { body: input, headers: { 'content-type': JSON_TYPE }, method: 'POST', query: {}, path: '/' };
    let status = 200, headers = {}, completed = false;
    const succeed = (value) => {
      completed = true;
      resolve(resultOf(status, headers, value));
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

  const fission = (handler) => async (input) => {
    const request = { body: input, headers: { 'content-type': JSON_TYPE }, method: 'POST', query: {}, url: '/', path: '/' };
    const answer = await handler({ request });
    if (!isObject(answer) || !('body' in answer || 'status' in answer)) return answer;
    const { status = 200, headers = {}, body = null } = answer;
    return resultOf(status, headers, body);
  };

  const nuclio = (handler) => (input) => new PromiseClass((resolve, reject) => {
    class Response {
      constructor(body = null, headers = {}, contentType = 'text/plain', statusCode = 200) {
        this.body = body; this.headers = headers; this.contentType = contentType; this.statusCode = statusCode;
      }
    }
    const callback = (value) => resolve(value instanceof Response
      ? resultOf(value.statusCode, { ...value.headers, 'content-type': value.contentType }, value.body)
      : value);
    const log = (name) => (...values) => console[name](...values);
    const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
    for (const name of ['debug', 'info', 'warn', 'error']) logger[name + 'With'] = logger[name];
    const returned = handler(
      { callback, Response, logger, userData: {} },
      { body: input, headers: { 'content-type': JSON_TYPE }, method: 'POST', path: '/', fields: {}, contentType: JSON_TYPE },
    );
    if (isThenable(returned)) returned.then((value) => { if (value !== undefined) callback(value); }, reject);
  });

  const METHODS = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];

  const methods = (exports) => {
    for (const name of METHODS) {
      if (typeof exports[name] === 'function') return requests((...all) => exports[name](...all), name);
    }
    throw new TypeErrorClass('no function is named after an HTTP method');
  };

  // The handler of this kind, among what the program exports. `find` finds the exported function.
  const adapt = (kind, exports, find) => {
    switch (kind) {
      case 'workers.fetch': return workers(exports.default);
      case 'workers.event': return event;
      case 'deno.serve': return serve;
      case 'http.methods': return methods(exports);
      case 'http.request': return requests(find(), 'POST');
      case 'node.http': return nodeHttp(find());
      case 'lambda.callback': return lambda(find());
      case 'openfaas': return openFaas(find());
      case 'fission': return fission(find());
      default: return nuclio(find());
    }
  };

  return { __proto__: null, adapt, prepare, workers };
})
