// `node:crypto`: hashes, message authentication, random numbers and key derivation.
'use strict';

const { Buffer } = require('node:buffer');
const { Transform } = require('node:stream');
const { fill } = require('node:absent');
const names = require('names:crypto');

const fail = (message, code, Class = Error) => { throw Object.assign(new Class(message), { code }); };

const toBytes = (data, encoding, name = 'data') => {
  if (typeof data === 'string') return Buffer.from(data, encoding === 'buffer' ? undefined : encoding);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  if (data instanceof KeyObject) return data.export();
  return fail(`The "${name}" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received ${data === null ? 'null' : `type ${typeof data}`}`, 'ERR_INVALID_ARG_TYPE', TypeError);
};
const output = (bytes, encoding) => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encoding === undefined || encoding === 'buffer' ? buffer : buffer.toString(encoding);
};

const HASHES = [
  'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-256', 'sha3-256', 'sha3-384',
  'sha3-512', 'ripemd160',
];
const canonical = (name) => {
  const lower = `${name}`.toLowerCase().replace(/^rsa-/, '').replace(/^sha-(\d)/, 'sha$1').replace('/', '-');
  const known = lower === 'rmd160' ? 'ripemd160' : lower;
  return HASHES.includes(known) ? known : fail('Digest method not supported', 'ERR_CRYPTO_INVALID_DIGEST');
};

// What `Hash` and `Hmac` share: it keeps the state in the host, and is a stream too.
class Digest extends Transform {
  #state; #isDone = false;
  constructor(state, options) {
    super(options);
    this.#state = state;
  }
  update(data, encoding) {
    if (this.#isDone) fail('Digest already called', 'ERR_CRYPTO_HASH_FINALIZED');
    this.#state(0, toBytes(data, encoding));
    return this;
  }
  digest(encoding) {
    if (this.#isDone) fail('Digest already called', 'ERR_CRYPTO_HASH_FINALIZED');
    this.#isDone = true;
    return output(this.#state(1), encoding);
  }
  copyState() {
    if (this.#isDone) fail('Digest already called', 'ERR_CRYPTO_HASH_FINALIZED');
    return this.#state(2);
  }
  _transform(chunk, encoding, callback) {
    this.update(chunk, encoding);
    callback();
  }
  _flush(callback) {
    this.push(this.digest());
    callback();
  }
}
class Hash extends Digest {
  copy(options) { return new Hash(this.copyState(), options); }
}
class Hmac extends Digest {}

const createHash = (algorithm, options) => new Hash(native.hash(canonical(algorithm)), options);
const createHmac = (algorithm, key, options) =>
  new Hmac(native.hmac(canonical(algorithm), toBytes(key, options?.encoding, 'key')), options);
const hash = (algorithm, data, encoding = 'hex') => createHash(algorithm).update(data).digest(encoding);

// ---- random numbers ----

const fillRandom = (view) => {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  bytes.set(native.random(bytes.length));
  return view;
};
const randomBytes = (size, callback) => {
  if (typeof size !== 'number' || !(size >= 0) || size > 2147483647) {
    fail(`The value of "size" is out of range. Received ${size}`, 'ERR_OUT_OF_RANGE', RangeError);
  }
  const bytes = output(native.random(Math.floor(size)));
  if (callback === undefined) return bytes;
  queueMicrotask(() => callback(null, bytes));
  return undefined;
};
const part = (buffer, offset = 0, size = buffer.byteLength - offset) =>
  new Uint8Array(buffer.buffer ?? buffer, (buffer.byteOffset ?? 0) + offset, size);
const randomFillSync = (buffer, offset, size) => {
  fillRandom(part(buffer, offset, size));
  return buffer;
};
const randomFill = (buffer, ...rest) => {
  const callback = rest.pop();
  randomFillSync(buffer, ...rest);
  queueMicrotask(() => callback(null, buffer));
};
const randomInt = (min, max, callback) => {
  if (max === undefined || typeof max === 'function') [min, max, callback] = [0, min, max];
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || max <= min || max - min > 2 ** 48) {
    fail('The value of "max" is out of range', 'ERR_OUT_OF_RANGE', RangeError);
  }
  const range = max - min, limit = 2 ** 48 - (2 ** 48 % range);
  let value;
  do value = output(native.random(6)).readUIntBE(0, 6); while (value >= limit);
  value = min + (value % range);
  if (callback === undefined) return value;
  queueMicrotask(() => callback(null, value));
  return undefined;
};
const randomUUID = () => {
  const bytes = native.random(16);
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = output(bytes, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

const timingSafeEqual = (a, b) => {
  const left = toBytes(a), right = toBytes(b);
  if (left.length !== right.length) {
    fail('Input buffers must have the same byte length', 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH', RangeError);
  }
  return native.equal(left, right);
};

// ---- keys ----

class KeyObject {
  #bytes; #type;
  constructor(type, bytes) {
    this.#type = type;
    this.#bytes = bytes;
  }
  get type() { return this.#type; }
  get symmetricKeySize() { return this.#bytes.length; }
  export(options) {
    if (options?.format === 'jwk') return { kty: 'oct', k: this.#bytes.toString('base64url') };
    return Buffer.from(this.#bytes);
  }
  equals(other) { return other instanceof KeyObject && this.type === other.type && this.#bytes.equals(other.export()); }
}
const createSecretKey = (key, encoding) => new KeyObject('secret', Buffer.from(toBytes(key, encoding, 'key')));

// ---- key derivation ----

// The form with a callback for a function that returns its result.
const later = (work) => (...values) => {
  const callback = values.pop();
  if (typeof callback !== 'function') fail('The "callback" argument must be of type function', 'ERR_INVALID_ARG_TYPE', TypeError);
  const result = work(...values);
  queueMicrotask(() => callback(null, result));
};
const pbkdf2Sync = (password, salt, iterations, length, digest) => {
  if (!Number.isInteger(iterations) || iterations < 1) fail('The value of "iterations" is out of range', 'ERR_OUT_OF_RANGE', RangeError);
  if (!Number.isInteger(length) || length < 0) fail('The value of "keylen" is out of range', 'ERR_OUT_OF_RANGE', RangeError);
  return output(native.pbkdf2(canonical(digest), toBytes(password), toBytes(salt), iterations, length));
};
const scryptSync = (password, salt, length, options = {}) => {
  const cost = options.N ?? options.cost ?? 16384;
  const blockSize = options.r ?? options.blockSize ?? 8;
  const parallelization = options.p ?? options.parallelization ?? 1;
  if (128 * cost * blockSize > (options.maxmem ?? 32 * 1024 * 1024)) {
    fail('Invalid scrypt params: memory limit exceeded', 'ERR_CRYPTO_INVALID_SCRYPT_PARAMS', RangeError);
  }
  const derived = native.scrypt(toBytes(password), toBytes(salt), cost, blockSize, parallelization, length);
  return derived === undefined
    ? fail('Invalid scrypt params', 'ERR_CRYPTO_INVALID_SCRYPT_PARAMS', RangeError)
    : output(derived);
};
const scrypt = (password, salt, length, ...rest) => {
  const callback = rest.pop();
  const result = scryptSync(password, salt, length, ...rest);
  queueMicrotask(() => callback(null, result));
};
const hkdfSync = (digest, key, salt, info, length) => {
  const name = canonical(digest);
  const mac = (secret, data) => createHmac(name, secret).update(data).digest();
  const secret = mac(toBytes(salt), toBytes(key));
  const blocks = [];
  let block = Buffer.alloc(0), size = 0;
  for (let count = 1; size < length; count++) {
    if (count > 255) fail('Invalid key length', 'ERR_CRYPTO_INVALID_KEYLEN', RangeError);
    block = mac(secret, Buffer.concat([block, toBytes(info), Buffer.from([count])]));
    blocks.push(block);
    size += block.length;
  }
  const bytes = new Uint8Array(Buffer.concat(blocks).subarray(0, length));
  return bytes.buffer;
};

module.exports = fill({
  Hash, Hmac, KeyObject, createHash, createHmac, createSecretKey, hash,
  getHashes: () => [...HASHES], getCiphers: () => [], getCurves: () => [], getFips: () => 0,
  hkdf: later(hkdfSync), hkdfSync, pbkdf2: later(pbkdf2Sync), pbkdf2Sync, scrypt, scryptSync,
  pseudoRandomBytes: randomBytes, prng: randomBytes, rng: randomBytes, randomBytes, randomFill,
  randomFillSync, randomInt, randomUUID, timingSafeEqual,
  constants: names.data.constants,
  getRandomValues: fillRandom,
  get webcrypto() { return globalThis.crypto; },
  get subtle() { return globalThis.crypto?.subtle; },
}, 'crypto', names, 'use crypto.subtle');
