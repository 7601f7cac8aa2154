// `fetch`: a host call. The host makes the request and follows redirects. `data:` URLs have their
// response in themselves and need no host.
//
// The request and the response are frames: the length of the head in 4 bytes, little-endian, the
// head as JSON, and the body. A short request is one piece; one with a stream, or that may be
// aborted, comes in pieces, and so does a response whose body is not there at once.
(function (use, native, platform) {
  'use strict';
  const { need } = use('idl');
  const { encode, decode } = use('bytes');
  const { Request, stateOf } = use('request');

  // The longest frame that is sent in one piece.
  const MAX_FRAME = 64 << 10;

  // Fills in an error that was made where code called, so that its stack is the one of the call.
  const failed = (error, message, code) => {
    Object.defineProperty(error, 'message', {
      value: `fetch failed: ${message}`, writable: true, configurable: true,
    });
    error.code = code;
    return error;
  };

  const frame = (head, body) => {
    const text = encode(JSON.stringify(head));
    const bytes = new Uint8Array(4 + text.length + body.length);
    new DataView(bytes.buffer).setUint32(0, text.length, true);
    bytes.set(text, 4);
    bytes.set(body, 4 + text.length);
    return bytes;
  };

  const parse = (bytes) => {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    return { head: JSON.parse(decode(bytes.subarray(4, 4 + length))), rest: bytes.subarray(4 + length) };
  };

  // The pieces of a response until its head is whole.
  const begun = async (calls, stream) => {
    let bytes = await calls.read(stream);
    while (bytes.length < 4 + new DataView(bytes.buffer).getUint32(0, true)) {
      bytes = use('blob').join([bytes, await calls.read(stream)]);
    }
    return bytes;
  };

  // Begins a request. Until its answer has come, `abort(reason)` makes the host stop.
  const begin = ({ method, url, headers, redirect, body, isAbortable }, calls) => {
    const { listOf } = use('headers');
    let list = listOf(headers);
    // A request that an HTTP request causes belongs to the same trace.
    const { trace } = platform;
    if (trace !== undefined && !headers.has('traceparent')) list = [...list, ['traceparent', trace]];
    const head = { method, url, redirect, headers: list, body: 'none' };
    let bytes = null, reader = null;
    if (body !== null) {
      if (body.isUnusable()) throw use('body').used();
      ({ bytes, reader } = body.begin());
      head.body = reader === null ? { bytes: bytes.length } : 'stream';
    }
    const first = frame(head, bytes ?? new Uint8Array());
    if (reader === null && !isAbortable && first.length <= MAX_FRAME) {
      return { answer: calls.fetch(first), abort() {}, end() {} };
    }
    // Without a stream it stays open until the answer has come, so that its failure can stop the host.
    const { promise: aborted, reject: abort } = Promise.withResolvers();
    const { promise: answered, resolve } = Promise.withResolvers();
    aborted.catch(() => {});
    const rest = reader ?? { read: () => answered, async cancel() {} };
    let isFirst = true;
    const pieces = {
      async read() {
        if (!isFirst) return Promise.race([rest.read(), aborted]);
        isFirst = false;
        return { value: first, done: false };
      },
      cancel: (reason) => rest.cancel(reason),
    };
    return { answer: calls.fetch(pieces), abort, end: () => resolve({ done: true }) };
  };

  const respond = ({ url, redirected, status, statusText, headers, hasBody }, content) => {
    const { Headers, setGuard } = use('headers');
    const list = new Headers();
    for (const pair of headers) list.append(pair[0], pair[1]);
    setGuard(list);
    const body = hasBody ? use('body').extract(content)[0] : null;
    return use('response').make({ type: 'basic', url, redirected, status, statusText, headers: list, body });
  };

  const data = ({ url, method }, failure) => {
    const found = use('data_url').read(url);
    if (found === null) {
      throw failed(failure, 'the data: URL has no comma, or its Base64 is not valid', 'ERR_INVALID_URL');
    }
    return respond({
      url, redirected: false, status: 200, statusText: 'OK', headers: [['content-type', found.type]],
      hasBody: method !== 'HEAD',
    }, found.bytes);
  };

  async function fetch(input, init = undefined) {
    need(arguments.length, 1, 'fetch');
    const state = stateOf(new Request(input, init)), { signal } = state;
    signal.throwIfAborted();
    const failure = new TypeError();
    if (state.url.startsWith('data:')) return data(state, failure);
    if (platform.network === undefined) {
      throw failed(failure, `no network is configured, ${state.url} cannot be reached`, 'ERR_NO_NETWORK');
    }
    const calls = platform.hostCalls(), { follow, unfollow } = use('abort');
    const { answer, abort, end } = begin(state, calls);
    const { promise: aborted, reject } = Promise.withResolvers();
    let stop = (reason) => { abort(reason); reject(reason); };
    const listen = () => { stop(signal.reason); };
    const done = () => { unfollow(signal, listen); };
    follow(signal, listen);
    const early = answer.then(async (found) => {
      if (typeof found !== 'number') return { stream: null, ...parse(found) };
      return { stream: found, ...parse(await begun(calls, found)) };
    });
    let found;
    try {
      found = await Promise.race([early, aborted]);
    } catch (error) {
      done();
      if (!signal.aborted) throw failed(failure, error.message, error.code);
      early.then(({ stream }) => stream !== null && calls.cancel(stream)).catch(() => {});
      throw error;
    } finally {
      end();
    }
    const { head, rest, stream } = found;
    if (stream === null) {
      done();
      return respond(head, rest);
    }
    const { body, fail } = calls.receive(stream, rest, (error) => {
      done();
      return error && failed(new TypeError(), error.message, error.code);
    });
    stop = fail;
    return respond(head, body);
  }

  return { fetch };
})
