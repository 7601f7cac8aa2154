// Namespaces of keys and values, with the interface of Workers KV: `context.kv`, `env.KV`.
//
// Each operation is a host call. Its argument and its result are frames: the length of the head in 4
// bytes, little-endian, the head as JSON, and values one after the other.
(function (use) {
  'use strict';
  const { encode, decode, bytesOf } = use('bytes');
  const { usv } = use('idl');

  // The functions of the binding, by their places in `engine/key_value.rs`.
  const GET = 0, PUT = 1, DELETE = 2, LIST = 3, GET_AND_SET = 4, COMPARE_AND_SET = 5;
  const TYPES = ['text', 'json', 'arrayBuffer', 'stream'];
  // The longest stream that is read as a value, in bytes; the platform's own limit is lower.
  const MAX_STREAM = 25 << 20;

  const failed = (message, code = 'ERR_INVALID_ARGUMENT') => Object.assign(new TypeError(message), { code });

  const frame = (head, values) => {
    const text = encode(JSON.stringify(head));
    let length = 4 + text.length;
    for (const value of values) length += value.length;
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(0, text.length, true);
    bytes.set(text, 4);
    let place = 4 + text.length;
    for (const value of values) {
      bytes.set(value, place);
      place += value.length;
    }
    return bytes;
  };

  const parse = (bytes) => {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    return { head: JSON.parse(decode(bytes.subarray(4, 4 + length))), rest: bytes.subarray(4 + length) };
  };

  const readAll = async (stream) => {
    const reader = stream.getReader(), parts = [];
    let length = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return use('blob').join(parts);
      const piece = bytesOf(value);
      if (piece === undefined) throw failed('a piece of the stream is no Uint8Array');
      length += piece.length;
      if (length > MAX_STREAM) {
        await reader.cancel();
        throw failed(`the stream has more than ${MAX_STREAM} bytes`, 'ERR_KV_VALUE_TOO_LARGE');
      }
      parts.push(piece);
    }
  };

  // The bytes of a value, or a promise of those of a stream.
  const toBytes = (value) => {
    if (typeof value === 'string') return encode(usv(value));
    const bytes = bytesOf(value);
    if (bytes !== undefined) return bytes;
    if (value !== null && typeof value === 'object' && typeof value.getReader === 'function') return readAll(value);
    throw failed('a value must be a string, an ArrayBuffer, a view or a ReadableStream: use JSON.stringify for others');
  };

  const number = (options, name) => {
    const value = options[name];
    if (value === undefined || value === null) return undefined;
    if (!Number.isFinite(Number(value))) throw failed(`${name} must be a number`);
    return Number(value);
  };

  const writeHead = (key, options) => {
    const given = options ?? {};
    const head = {
      keys: [usv(key)],
      ttl: number(given, 'expirationTtl') ?? number(given, 'ttl'),
      expiration: number(given, 'expiration'),
    };
    if (given.metadata !== undefined && given.metadata !== null) {
      const text = JSON.stringify(given.metadata);
      if (text === undefined) throw failed('the metadata is not JSON');
      head.metadata = usv(text);
    }
    return head;
  };

  const typeOf = (options, isMany) => {
    const type = (typeof options === 'string' ? options : options?.type) ?? 'text';
    if (!TYPES.includes(type)) throw failed(`unknown type ${type}: expected ${TYPES.join(', ')}`);
    if (isMany && TYPES.indexOf(type) > 1) throw failed(`several keys cannot be read as ${type}: use text or json`);
    return type;
  };

  const convert = (bytes, type) => {
    if (bytes === null) return null;
    switch (type) {
      case 'text': return decode(bytes);
      case 'json': return JSON.parse(decode(bytes));
      case 'arrayBuffer': return bytes.slice().buffer;
      default: {
        const { ReadableStream } = use('streams');
        return new ReadableStream({
          type: 'bytes',
          start(controller) {
            if (bytes.length > 0) controller.enqueue(bytes.slice());
            controller.close();
          },
        });
      }
    }
  };

  const metadataOf = ({ metadata }) => (metadata === undefined ? null : JSON.parse(metadata));

  class KvNamespace {
    #call;

    constructor(call) { this.#call = call; }

    async #ask(method, head, values = []) {
      return parse(await this.#call(method, frame(head, values)));
    }

    // The values of keys as bytes or null, with their metadata.
    async #read(keys) {
      const { head, rest } = await this.#ask(GET, { keys: keys.map(usv) });
      let place = 0;
      return head.entries.map((entry) => {
        const begin = place;
        place += entry.value ?? 0;
        const bytes = entry.value === undefined ? null : rest.subarray(begin, place);
        return { bytes, metadata: metadataOf(entry) };
      });
    }

    async get(key, options) {
      const isMany = Array.isArray(key), type = typeOf(options, isMany);
      const found = await this.#read(isMany ? key : [key]);
      if (!isMany) return convert(found[0].bytes, type);
      return new Map(key.map((name, place) => [name, convert(found[place].bytes, type)]));
    }

    async getWithMetadata(key, options) {
      const isMany = Array.isArray(key), type = typeOf(options, isMany);
      const found = await this.#read(isMany ? key : [key]);
      const entries = found.map(({ bytes, metadata }) => ({ value: convert(bytes, type), metadata, cacheStatus: null }));
      return isMany ? new Map(key.map((name, place) => [name, entries[place]])) : entries[0];
    }

    async put(key, value, options) {
      const head = writeHead(key, options), bytes = await toBytes(value);
      head.value = bytes.length;
      await this.#ask(PUT, head, [bytes]);
    }

    async delete(key) { await this.#ask(DELETE, { keys: [usv(key)] }); }

    async list(options) {
      const { prefix, limit, cursor } = options ?? {};
      const { head } = await this.#ask(LIST, {
        prefix: usv(prefix ?? ''), limit: number({ limit }, 'limit'), cursor: cursor ? usv(cursor) : undefined,
      });
      const keys = head.entries.map(({ name, expiration, metadata }) => ({
        name,
        ...(expiration === undefined ? {} : { expiration }),
        ...(metadata === undefined ? {} : { metadata: JSON.parse(metadata) }),
      }));
      return head.cursor === undefined
        ? { keys, list_complete: true, cacheStatus: null }
        : { keys, list_complete: false, cursor: head.cursor, cacheStatus: null };
    }

    // Sets a value and returns the one before as text, or as `options.type`.
    async getAndSet(key, value, options) {
      const type = typeOf(options?.type, false), head = writeHead(key, options), bytes = await toBytes(value);
      head.value = bytes.length;
      const { head: answer, rest } = await this.#ask(GET_AND_SET, head, [bytes]);
      return convert(answer.entries[0].value === undefined ? null : rest, type);
    }

    // Sets a value if the key has the expected one; `null` stands for no value, on both sides. Returns
    // whether it did.
    async compareAndSet(key, expected, value, options) {
      const head = writeHead(key, options), values = [];
      const add = async (name, given) => {
        if (given === null) return;
        const bytes = await toBytes(given);
        head[name] = bytes.length;
        values.push(bytes);
      };
      await add('value', value);
      await add('expected', expected);
      return (await this.#ask(COMPARE_AND_SET, head, values)).head.isSet;
    }
  }

  return { make: (call) => Object.freeze(new KvNamespace(call)) };
})
