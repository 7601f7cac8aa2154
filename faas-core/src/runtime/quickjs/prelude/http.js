// HTTP requests to functions. Loaded when the first one comes.
//
// The input of such a call is a request, as `faas-core/src/http/input.rs` writes it. Each form of a
// handler gets it in its own way, and what it returns becomes a response: the result of the call is
// `{ status, headers, body }` with the body as text, as Base64 (`bodyBase64`) or as any value
// (`json`). A response whose body is a stream, or that has work left for `waitUntil`, is sent through
// the exchange of the call instead: see `faas-core/src/engine/exchange.rs`.
(function (builtins, platform, findHandler, kind, isPlain, takesInstanceId) {
  'use strict';
  const { stringify, parse, isArray, toText, ownKeys, PromiseClass, TypeErrorClass, toJson } = builtins;
  const { use } = platform;
  const JSON_TYPE = 'application/json';
  // The methods of the exchange.
  const RESPOND = 0, BODY = 1, CLOSED = 2;

  const isObject = (value) => value !== null && typeof value === 'object';
  const isThenable = (value) => isObject(value) && typeof value.then === 'function';
  const hasJson = (type) => typeof type === 'string' && /[/+]json\b/i.test(type);
  const isForm = (type) => typeof type === 'string' && /^application\/x-www-form-urlencoded\b/i.test(type);
  const then = (value, next) => (isThenable(value) ? PromiseClass.resolve(value).then(next) : next(value));
  const bytes = () => use('bytes');

  // ---- the request ----

  // The current one, and the numbers of its streams.
  let request;

  const exchange = (method, argument) => platform.hostCalls().exchange(method, argument);
  const NOTHING = () => new Uint8Array();

  const read = (input) => {
    request = input;
    platform.trace = request.headers.traceparent;
  };

  // The body that came with the head: bytes, or `null` without one.
  const bodyBytes = () => {
    if (request.body !== undefined) return bytes().encode(request.body);
    if (request.bodyBase64 !== undefined) return bytes().unbase64(request.bodyBase64);
    return null;
  };

  // Reads a body that comes as a stream. Then it is there like a short one.
  const readBody = async () => {
    const calls = platform.hostCalls(), stream = await exchange(BODY, NOTHING());
    const pieces = [];
    for (;;) {
      const piece = await calls.read(stream);
      if (piece === null) break;
      pieces.push(piece);
    }
    const all = use('blob').join(pieces), text = bytes().utf8(all);
    if (text === undefined) request.bodyBase64 = bytes().base64(all); else request.body = text;
    request.bodyStream = undefined;
  };
  const withBody = (next) => (request.bodyStream === true ? readBody().then(next) : next());

  const streamOfBody = () => {
    const { ReadableStream } = use('streams');
    const calls = platform.hostCalls();
    let stream, cancelled = false;
    return new ReadableStream({
      type: 'bytes',
      async pull(controller) {
        stream ??= exchange(BODY, NOTHING());
        const piece = await calls.read(await stream);
        if (cancelled) return;
        if (piece !== null) return void controller.enqueue(piece);
        controller.close();
        const { byobRequest } = controller;
        if (byobRequest) byobRequest.respond(0);
      },
      async cancel() {
        cancelled = true;
        if (stream !== undefined) await calls.cancel(await stream);
      },
    }, { highWaterMark: 0 });
  };

  // Aborts when the client goes away.
  const watch = (abort) => {
    exchange(CLOSED, NOTHING()).then(
      () => abort(new DOMException('the client has closed the connection', 'AbortError')),
      () => {},
    );
  };

  const toRequest = () => {
    const { make } = use('request'), { Headers } = use('headers');
    const { method, url, headers: given } = request;
    const headers = new Headers();
    for (const name of ownKeys(given)) headers.append(name, given[name]);
    let body = null;
    if (method !== 'GET' && method !== 'HEAD') {
      const found = request.bodyStream === true ? streamOfBody() : bodyBytes();
      if (found !== null) body = use('body').extract(found)[0];
    }
    return make(url, { method, headers, body, watch });
  };

  // Names and values, as text or, for a name that comes several times, as a list of texts.
  const valuesOf = (text) => {
    const values = {};
    new (use('url').URLSearchParams)(text).forEach((value, name) => {
      const before = Object.hasOwn(values, name) ? values[name] : undefined;
      const next = before === undefined ? value : isArray(before) ? [...before, value] : [before, value];
      Object.defineProperty(values, name, { value: next, writable: true, enumerable: true, configurable: true });
    });
    return values;
  };
  const query = () => (request.query === '' ? {} : valuesOf(request.query));
  const target = () => (request.query === '' ? request.path : request.path + '?' + request.query);

  const cookies = () => {
    const found = {}, { cookie } = request.headers;
    for (const pair of cookie === undefined ? [] : cookie.split(';')) {
      const at = pair.indexOf('=');
      if (at > 0) found[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
    }
    return found;
  };

  class InvalidBody extends TypeErrorClass {}

  const parsedJson = () => {
    try {
      return parse(request.body);
    } catch {
      throw new InvalidBody('the body is not valid JSON');
    }
  };

  // The body as servers for Node.js parse it.
  const parsedBody = () => {
    if (request.bodyBase64 !== undefined) return bufferOf(bodyBytes());
    if (request.body === undefined) return undefined;
    const type = request.headers['content-type'];
    if (hasJson(type)) return request.body === '' ? undefined : parsedJson();
    return isForm(type) ? valuesOf(request.body) : request.body;
  };
  const bufferOf = (array) => (typeof globalThis.Buffer === 'function' ? globalThis.Buffer.from(array) : array);

  // What a handler that knows nothing of HTTP gets.
  const plainInput = () => {
    if (request.body !== undefined && request.body !== '' && hasJson(request.headers['content-type'])) return parsedJson();
    const { method, path, headers, params } = request;
    return { method, path, query: query(), headers, body: parsedBody() ?? null, params };
  };

  // An event of API Gateway, in the format 2.0.
  const lambdaEvent = (context) => {
    const { method, path, query: rawQueryString, headers, params } = request;
    const joined = query(), event = {
      version: '2.0', routeKey: '$default', rawPath: path, rawQueryString, headers,
    };
    for (const name of ownKeys(joined)) if (isArray(joined[name])) joined[name] = joined[name].join(',');
    if (headers.cookie !== undefined) event.cookies = headers.cookie.split(/; */);
    if (rawQueryString !== '') event.queryStringParameters = joined;
    const now = new Date(), host = headers.host ?? '';
    event.requestContext = {
      accountId: 'anonymous', apiId: context.functionName, domainName: host, domainPrefix: host.split('.')[0],
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: request.client ?? '', userAgent: headers['user-agent'] ?? '' },
      requestId: context.executionId, routeKey: '$default', stage: '$default',
      time: now.toUTCString(), timeEpoch: now.getTime(),
    };
    if (ownKeys(params).length > 0) event.pathParameters = params;
    const isBase64Encoded = request.bodyBase64 !== undefined;
    const body = isBase64Encoded ? request.bodyBase64 : request.body;
    if (body !== undefined) event.body = body;
    event.isBase64Encoded = isBase64Encoded;
    return event;
  };

  // ---- the response ----

  // A response that can be written: the head, and one of the kinds of bodies.
  class Reply {
    constructor(status, headers, body) {
      this.status = status;
      this.headers = headers;
      this.body = body;
    }
  }
  // Stands for a response that was sent through the exchange.
  const SENT = new Reply(200, [], null);

  const EMPTY = () => ({ text: '' });
  const bodyOf = (array) => {
    const text = bytes().utf8(array);
    return text === undefined ? { base64: bytes().base64(array) } : { text };
  };
  const jsonReply = (value, status = 200) =>
    new Reply(status, [['content-type', JSON_TYPE]], { json: value === undefined ? 'null' : toJson(value) });

  // The text of the result of the call.
  const answer = (reply) => {
    if (reply === SENT) return '{"sent":true}';
    const { status, headers, body } = reply;
    const head = '{"status":' + stringify(status) + ',"headers":' + stringify(headers);
    // `null` would be no value.
    if (body.json === 'null') return head + ',"body":"null"}';
    if (body.json !== undefined) return head + ',"json":' + body.json + '}';
    if (body.base64 !== undefined) return head + ',"bodyBase64":' + stringify(body.base64) + '}';
    return head + ',"body":' + stringify(body.text) + '}';
  };

  const bytesOfReply = ({ body }) => {
    if (body.base64 !== undefined) return bytes().unbase64(body.base64);
    return bytes().encode(body.json ?? body.text);
  };

  // Sends a response through the exchange. `next()` gives its next piece, `undefined` at the end.
  const send = async (status, headers, next, cancel, length) => {
    const text = bytes().encode(stringify({ status, headers, length }));
    const head = new Uint8Array(4 + text.length);
    new DataView(head.buffer).setUint32(0, text.length, true);
    head.set(text, 4);
    let isFirst = true, failure;
    const pieces = {
      async read() {
        if (isFirst) {
          isFirst = false;
          return { value: head, done: false };
        }
        try {
          const value = await next();
          return { value, done: value === undefined };
        } catch (error) {
          failure = { error };
          throw error;
        }
      },
      cancel,
    };
    try {
      await exchange(RESPOND, pieces);
    } catch (error) {
      throw failure === undefined ? error : failure.error;
    }
    return SENT;
  };

  const sendReply = (reply) => {
    const { status, headers } = reply, content = bytesOfReply(reply);
    let rest = content.length > 0 && request.method !== 'HEAD' ? content : undefined;
    const next = async () => {
      const piece = rest;
      rest = undefined;
      return piece;
    };
    return send(status, headers, next, async () => {}, content.length);
  };

  const fromResponse = (value) => {
    const { status, headers, body } = use('response').stateOf(value);
    const { listOf } = use('headers'), list = listOf(headers);
    if (status === 0) throw new TypeErrorClass('the response is an error response: it has no status');
    if (body === null) return new Reply(status, list, EMPTY());
    if (body.isUnusable()) throw use('body').used();
    const { bytes: content, reader } = body.begin();
    if (reader === null) return new Reply(status, list, bodyOf(content));
    if (request.method === 'HEAD') {
      return PromiseClass.resolve(reader.cancel()).then(() => new Reply(status, list, EMPTY()));
    }
    const next = async () => {
      const { value: piece, done } = await reader.read();
      if (done) return undefined;
      if (!bytes().isUint8Array(piece)) throw new TypeErrorClass('a chunk of the body is no Uint8Array');
      return piece;
    };
    return send(status, list, next, (reason) => reader.cancel(reason));
  };

  const isResponse = (value) => {
    const ResponseClass = isObject(value) ? globalThis.Response : undefined;
    return typeof ResponseClass === 'function' && value instanceof ResponseClass;
  };

  // The pairs of an object of headers. A list stands for several headers with the name.
  const pairsOf = (headers) => {
    const pairs = [];
    if (!isObject(headers)) return pairs;
    for (const name of Object.keys(headers)) {
      const value = headers[name];
      if (value === undefined || value === null) continue;
      for (const one of isArray(value) ? value : [value]) pairs.push([toText(name).toLowerCase(), toText(one)]);
    }
    return pairs;
  };

  // A response of a status, headers and a body that is text, bytes or any other value.
  const replyOf = (status, headers, value) => {
    const pairs = pairsOf(headers), code = typeof status === 'string' ? +status : status;
    if (value === undefined || value === null) return new Reply(code, pairs, EMPTY());
    const array = isObject(value) ? bytes().bytesOf(value) : undefined;
    if (array !== undefined) return new Reply(code, pairs, bodyOf(array));
    const isTyped = pairs.some((pair) => pair[0] === 'content-type');
    if (typeof value === 'string') {
      if (!isTyped) pairs.push(['content-type', 'text/plain; charset=utf-8']);
      return new Reply(code, pairs, { text: value });
    }
    if (!isTyped) pairs.push(['content-type', JSON_TYPE]);
    return new Reply(code, pairs, { json: toJson(value) });
  };

  // What API Gateway makes of the result of a Lambda function.
  const fromLambda = (value) => {
    if (!isObject(value) || value.statusCode === undefined) return fromValue(value);
    const { statusCode, headers, multiValueHeaders, cookies: set, body, isBase64Encoded } = value;
    const named = { ...headers, ...multiValueHeaders };
    const content = isBase64Encoded === true ? bytes().unbase64(toText(body)) : body;
    if (isBase64Encoded === true && content === undefined) throw new TypeErrorClass('the body is not valid Base64');
    const isTyped = Object.keys(named).some((name) => name.toLowerCase() === 'content-type');
    // The default of API Gateway.
    const reply = replyOf(statusCode, isTyped ? named : { 'content-type': JSON_TYPE, ...named }, content);
    if (isArray(set)) for (const cookie of set) reply.headers.push(['set-cookie', toText(cookie)]);
    return reply;
  };

  const fromValue = (value) => {
    if (value instanceof Reply) return value;
    return isResponse(value) ? fromResponse(value) : jsonReply(value);
  };

  // ---- the handlers ----

  const refusal = (error) => {
    if (!(error instanceof InvalidBody)) throw error;
    return jsonReply({ error: error.message, code: 'invalid_request' }, 400);
  };

  // How the forms of other platforms get their requests, and what becomes of their results.
  const gateway = {
    __proto__: null,
    isHttp: true,
    request: toRequest,
    method: () => request.method,
    params: () => request.params,
    client: () => request.client ?? '127.0.0.1',
    // A response that leaves work behind is sent before that work is waited for.
    async result(value, hasWork) {
      const reply = await fromValue(value);
      return hasWork && reply !== SENT ? sendReply(reply) : reply;
    },
    reply: replyOf,
    stream: (status, headers, next, cancel) => send(status, pairsOf(headers), next, cancel),
    value: fromValue,
    lambda: fromLambda,
    lambdaEvent,
    // For events with a parsed body.
    event: () => withBody(() => ({
      method: request.method, path: request.path, url: target(), query: query(), headers: request.headers,
      params: request.params, cookies: cookies(), body: parsedBody(), rawBody: request.body ?? bodyBytes() ?? '',
      bufferOf,
    })),
    withBody,
    notAllowed: (methods) => new Reply(request.method === 'OPTIONS' ? 204 : 405, [['allow', methods.join(', ')]], EMPTY()),
  };

  let handler;
  const plain = (context) => {
    const isLambda = kind === 'lambda';
    const input = isLambda ? lambdaEvent(context) : plainInput();
    const value = takesInstanceId()
      ? handler(input, context, context.instanceId) : handler(input, context);
    return then(value, isLambda ? fromLambda : fromValue);
  };

  // Calls the handler. Returns a reply for `answer`, or a promise of one.
  const run = (input, context) => {
    read(input);
    handler ??= findHandler(gateway);
    try {
      const result = isPlain && handler.isHttp !== true
        ? withBody(() => plain(context)) : handler(undefined, context);
      return isThenable(result) ? PromiseClass.resolve(result).then(undefined, refusal) : result;
    } catch (error) {
      return refusal(error);
    }
  };

  return { __proto__: null, run, answer };
})
