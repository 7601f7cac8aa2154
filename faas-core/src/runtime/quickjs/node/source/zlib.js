// `node:zlib`: gzip, zlib and raw deflate.
'use strict';

const { Buffer } = require('node:buffer');
const { Transform } = require('node:stream');
const { fill } = require('node:absent');
const names = require('names:zlib');

const toBytes = (data) => {
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const error = new TypeError('The "buffer" argument must be of type string or an instance of Buffer, TypedArray, DataView, or ArrayBuffer');
  throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
};

// `how` is the number of the format in the host.
const run = (isCompression, how, data, { level = -1, maxOutputLength = 2 ** 31 } = {}) => {
  const bytes = toBytes(data);
  const result = isCompression ? native.compress(how, bytes, level) : native.decompress(how, bytes, maxOutputLength);
  if (typeof result !== 'string') return Buffer.from(result.buffer, result.byteOffset, result.byteLength);
  const [code, errno, text] = result.split('|');
  const Class = code === 'ERR_BUFFER_TOO_LARGE' ? RangeError : Error;
  throw Object.assign(new Class(text), { code, errno: Number(errno) });
};

// Collects its input, and pushes the result at the end.
class Zlib extends Transform {
  #chunks = []; #work;
  bytesWritten = 0;
  constructor(work, options) {
    super(options);
    this.#work = (data) => work(data, options);
  }
  _transform(chunk, encoding, callback) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : Buffer.from(chunk);
    this.bytesWritten += bytes.length;
    this.#chunks.push(bytes);
    callback();
  }
  _flush(callback) {
    let result;
    try {
      result = this.#work(Buffer.concat(this.#chunks));
    } catch (error) {
      return callback(error);
    }
    this.push(result);
    return callback();
  }
  close(callback) { this.destroy(); if (callback) queueMicrotask(callback); }
  params(level, strategy, callback) { queueMicrotask(callback); }
  flush(kind, callback = kind) { if (typeof callback === 'function') queueMicrotask(callback); }
  reset() {}
}

const exported = { constants: names.data.constants, codes: names.data.codes };
const GZIP = 0, ZLIB = 1, RAW = 2, ANY = 3;
const FORMATS = {
  Gzip: [true, GZIP], Gunzip: [false, GZIP], Deflate: [true, ZLIB], Inflate: [false, ZLIB],
  DeflateRaw: [true, RAW], InflateRaw: [false, RAW], Unzip: [false, ANY],
};
for (const name of Object.keys(FORMATS)) {
  const [isCompression, how] = FORMATS[name];
  const work = (data, options) => run(isCompression, how, data, options);
  const lower = name[0].toLowerCase() + name.slice(1);
  exported[`${lower}Sync`] = work;
  exported[lower] = (data, options, callback = options) => {
    let error = null, result;
    try {
      result = work(data, typeof options === 'function' ? undefined : options);
    } catch (thrown) {
      error = thrown;
    }
    queueMicrotask(() => callback(error, result));
  };
  const Class = { [name]: class extends Zlib { constructor(options) { super(work, options); } } }[name];
  // Node's classes can be called without `new`.
  exported[name] = new Proxy(Class, { apply: (target, self, values) => new target(...values) });
  exported[`create${name}`] = (options) => new Class(options);
}
exported.crc32 = (data, value = 0) => native.crc32(toBytes(data), value);
module.exports = fill(exported, 'zlib', names);
for (const name of Object.keys(names.data.constants)) {
  if (!(name in exported)) exported[name] = names.data.constants[name];
}
