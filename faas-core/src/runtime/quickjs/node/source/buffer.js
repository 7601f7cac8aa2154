// `node:buffer`: the package `buffer`, with the encodings that it lacks and with the engine's Base64.
'use strict';

const base = require('buffer/');
const { fill } = require('node:absent');
const { Buffer } = base;

const { toBase64, toHex } = Uint8Array.prototype;
const { isEncoding } = Buffer, { from, byteLength } = Buffer;
const { toString, write, fill: fillBuffer, indexOf, lastIndexOf, includes, equals } = Buffer.prototype;

const isUrl = (encoding) => typeof encoding === 'string' && encoding.toLowerCase() === 'base64url';
const plain = (encoding) => (isUrl(encoding) ? 'base64' : encoding);

Buffer.isEncoding = (encoding) => isUrl(encoding) || isEncoding(encoding);
Buffer.from = function (value, encoding, length) { return from(value, plain(encoding), length); };
Buffer.byteLength = (value, encoding) => byteLength(value, plain(encoding));
Buffer.copyBytesFrom = (view, offset = 0, length = view.length - offset) =>
  Buffer.from(new Uint8Array(view.slice(offset, offset + length).buffer));
Buffer.of = (...values) => Buffer.from(values);
Buffer.poolSize = 8192;

const methods = {
  toString(encoding, start, end) {
    if (encoding === undefined || typeof encoding !== 'string') {
      return toString.call(this, encoding, start, end);
    }
    const name = encoding.toLowerCase();
    if (name !== 'base64' && name !== 'base64url' && name !== 'hex') {
      return toString.call(this, encoding, start, end);
    }
    const bytes = start === undefined && end === undefined ? this : this.subarray(start, end);
    if (name === 'hex') return toHex.call(bytes);
    return toBase64.call(bytes, name === 'base64url'
      ? { alphabet: 'base64url', omitPadding: true }
      : undefined);
  },
  write(text, offset, length, encoding) {
    if (typeof offset === 'string') return write.call(this, text, plain(offset));
    if (typeof length === 'string') return write.call(this, text, offset, plain(length));
    return write.call(this, text, offset, length, plain(encoding));
  },
  fill(value, start, end, encoding) {
    return fillBuffer.call(this, value, plain(start), plain(end), plain(encoding));
  },
  indexOf(value, offset, encoding) { return indexOf.call(this, value, plain(offset), plain(encoding)); },
  lastIndexOf(value, offset, encoding) {
    return lastIndexOf.call(this, value, plain(offset), plain(encoding));
  },
  includes(value, offset, encoding) { return includes.call(this, value, plain(offset), plain(encoding)); },
  equals(other) {
    return equals.call(this, Buffer.isBuffer(other) ? other : Buffer.from(other.buffer, other.byteOffset, other.byteLength));
  },
  toLocaleString(encoding, start, end) { return this.toString(encoding, start, end); },
  latin1Slice(start, end) { return this.toString('latin1', start, end); },
  latin1Write(text, offset, length) { return this.write(text, offset, length, 'latin1'); },
  utf8Slice(start, end) { return this.toString('utf8', start, end); },
  utf8Write(text, offset, length) { return this.write(text, offset, length, 'utf8'); },
  hexSlice(start, end) { return this.toString('hex', start, end); },
  base64Slice(start, end) { return this.toString('base64', start, end); },
  asciiSlice(start, end) { return this.toString('ascii', start, end); },
};
for (const name of Object.keys(methods)) {
  Object.defineProperty(Buffer.prototype, name, {
    __proto__: null, value: methods[name], writable: true, configurable: true,
  });
}

// The package's errors have no codes.
for (const name of Object.getOwnPropertyNames(Buffer.prototype)) {
  if (!/^(read|write)[A-Z]/.test(name)) continue;
  const method = Buffer.prototype[name];
  Object.defineProperty(Buffer.prototype, name, {
    __proto__: null, writable: true, configurable: true,
    value: {
      [name](...values) {
        try {
          return Reflect.apply(method, this, values);
        } catch (error) {
          if (error instanceof RangeError) {
            error.code ??= error.message.includes('buffer length') || error.message.includes('out of range')
              ? 'ERR_BUFFER_OUT_OF_BOUNDS' : 'ERR_OUT_OF_RANGE';
          }
          throw error;
        }
      },
    }[name],
  });
}

const bytesOf = (input) => (input instanceof ArrayBuffer
  ? new Uint8Array(input)
  : new Uint8Array(input.buffer, input.byteOffset, input.byteLength));

const isUtf8 = (input) => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(input));
    return true;
  } catch { return false; }
};
const isAscii = (input) => bytesOf(input).every((byte) => byte < 128);
const transcode = (source, from, to) => Buffer.from(Buffer.from(source).toString(from), to);

module.exports = {
  Buffer,
  SlowBuffer: base.SlowBuffer,
  INSPECT_MAX_BYTES: base.INSPECT_MAX_BYTES,
  kMaxLength: base.kMaxLength,
  kStringMaxLength: 536870888,
  constants: { MAX_LENGTH: base.kMaxLength, MAX_STRING_LENGTH: 536870888 },
  isUtf8, isAscii, transcode,
  get Blob() { return globalThis.Blob; },
  get File() { return globalThis.File; },
  get atob() { return globalThis.atob; },
  get btoa() { return globalThis.btoa; },
};
fill(module.exports, 'buffer', require('names:buffer'));
