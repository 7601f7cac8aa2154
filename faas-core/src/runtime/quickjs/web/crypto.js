// `crypto`, as the Web Cryptography standard defines it.
(function (use, native) {
  'use strict';
  const { isObject, dictionary, need, typedArrayName, bytesOf, checkWritable, expose } = use('idl');
  const { CryptoKey, read, fail, readUsages, needUsage, integer, copy } = use('crypto_key');
  const { readJwk } = use('crypto_jwk');
  const { TextEncoder, TextDecoder } = use('encoding');
  const Failure = TypeError, Parse = JSON.parse, Write = JSON.stringify, Quota = DOMException;
  const encoder = new TextEncoder();

  const HASHES = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
  // The identifier of a hash function.
  const hashOf = (identifier) => normalize('digest', identifier).name;
  const algorithms = { __proto__: null };
  for (const name of HASHES) {
    algorithms[name] = { name, readers: {}, digest: (_, data) => native.digest(name, data) };
  }
  for (const list of [use('crypto_secrets').secrets(hashOf), use('crypto_pairs').pairs(hashOf)]) {
    for (const algorithm of list) algorithms[algorithm.name.toUpperCase()] = algorithm;
  }

  // Reads an algorithm for an operation; `{ name, operations, … }`.
  function normalize(operation, input) {
    const object = isObject(input) ? input : { __proto__: null, name: `${input}` };
    if (object.name === undefined) throw new Failure('the algorithm needs a name');
    const name = `${object.name}`;
    const algorithm = /[^\0-\x7f]/.test(name) ? undefined : algorithms[name.toUpperCase()];
    if (algorithm === undefined || algorithm[operation] === undefined) {
      throw fail('NotSupportedError', `the algorithm ${name} does not support ${operation}`);
    }
    const normalized = { name: algorithm.name, operations: algorithm };
    const reader = algorithm.readers[operation];
    return reader === undefined ? normalized : reader(object, normalized);
  }

  // For wrapping: algorithms that have no operation of their own encrypt.
  const normalizeWrapping = (wrapping, cipher, input) => {
    try {
      return [wrapping, normalize(wrapping, input)];
    } catch {
      return [cipher, normalize(cipher, input)];
    }
  };

  const checkKey = (key, algorithm, usage) => {
    if (key.algorithm.name !== algorithm.name) {
      throw fail('InvalidAccessError', `the key is not one of ${algorithm.name}`);
    }
    if (!key.usages.includes(usage)) {
      throw fail('InvalidAccessError', `the key does not have the usage ${usage}`);
    }
  };

  const FORMATS = ['raw', 'spki', 'pkcs8', 'jwk'];
  const readFormat = (format) => {
    const text = `${format}`;
    if (!FORMATS.includes(text)) throw new Failure(`unknown format of a key: ${text}`);
    return text;
  };

  const exportData = (format, key) => {
    const { exportKey } = algorithms[key.algorithm.name.toUpperCase()];
    if (exportKey === undefined) {
      throw fail('NotSupportedError', `keys of ${key.algorithm.name} cannot be exported`);
    }
    if (!key.extractable) throw fail('InvalidAccessError', 'the key is not extractable');
    return exportKey(format, key);
  };

  const readLength = (length) =>
    (length === null || length === undefined ? null : integer(length, 4294967295, 'length'));

  const token = {};

  class SubtleCrypto {
    // Fails for objects of other classes.
    #self = this;

    constructor(mark = undefined) {
      if (mark !== token) throw new Failure('Illegal constructor');
    }

    async encrypt(algorithm, key, data) {
      this.#self;
      need(arguments.length, 3, 'encrypt');
      const slots = read(key), bytes = copy(data, 'the data');
      const normalized = normalize('encrypt', algorithm);
      checkKey(slots, normalized, 'encrypt');
      return normalized.operations.encrypt(normalized, slots, bytes).buffer;
    }

    async decrypt(algorithm, key, data) {
      this.#self;
      need(arguments.length, 3, 'decrypt');
      const slots = read(key), bytes = copy(data, 'the data');
      const normalized = normalize('decrypt', algorithm);
      checkKey(slots, normalized, 'decrypt');
      return normalized.operations.decrypt(normalized, slots, bytes).buffer;
    }

    async sign(algorithm, key, data) {
      this.#self;
      need(arguments.length, 3, 'sign');
      const slots = read(key), bytes = copy(data, 'the data');
      const normalized = normalize('sign', algorithm);
      checkKey(slots, normalized, 'sign');
      return normalized.operations.sign(normalized, slots, bytes).buffer;
    }

    async verify(algorithm, key, signature, data) {
      this.#self;
      need(arguments.length, 4, 'verify');
      const slots = read(key), signed = copy(signature, 'the signature');
      const bytes = copy(data, 'the data');
      const normalized = normalize('verify', algorithm);
      checkKey(slots, normalized, 'verify');
      return normalized.operations.verify(normalized, slots, signed, bytes);
    }

    async digest(algorithm, data) {
      this.#self;
      need(arguments.length, 2, 'digest');
      const bytes = copy(data, 'the data');
      const normalized = normalize('digest', algorithm);
      return normalized.operations.digest(normalized, bytes).buffer;
    }

    async generateKey(algorithm, extractable, keyUsages) {
      this.#self;
      need(arguments.length, 3, 'generateKey');
      const usages = readUsages(keyUsages);
      const normalized = normalize('generateKey', algorithm);
      return normalized.operations.generateKey(normalized, Boolean(extractable), usages);
    }

    async deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
      this.#self;
      need(arguments.length, 5, 'deriveKey');
      const slots = read(baseKey), usages = readUsages(keyUsages);
      const normalized = normalize('deriveBits', algorithm);
      const imported = normalize('importKey', derivedKeyType);
      const sized = normalize('getKeyLength', derivedKeyType);
      checkKey(slots, normalized, 'deriveKey');
      const length = sized.operations.getKeyLength(sized);
      const secret = normalized.operations.deriveBits(normalized, slots, length);
      const made =
        imported.operations.importKey('raw', secret, imported, Boolean(extractable), usages);
      if (made.type !== 'public') needUsage(usages);
      return made;
    }

    async deriveBits(algorithm, baseKey, length = null) {
      this.#self;
      need(arguments.length, 2, 'deriveBits');
      const slots = read(baseKey), bits = readLength(length);
      const normalized = normalize('deriveBits', algorithm);
      checkKey(slots, normalized, 'deriveBits');
      return normalized.operations.deriveBits(normalized, slots, bits).buffer;
    }

    async importKey(format, keyData, algorithm, extractable, keyUsages) {
      this.#self;
      need(arguments.length, 5, 'importKey');
      const form = readFormat(format), usages = readUsages(keyUsages);
      const data = form === 'jwk' ? readJwk(keyData) : copy(keyData, 'the key');
      const normalized = normalize('importKey', algorithm);
      return normalized.operations.importKey(
        form, data, normalized, Boolean(extractable), usages);
    }

    async exportKey(format, key) {
      this.#self;
      need(arguments.length, 2, 'exportKey');
      const form = readFormat(format);
      const exported = exportData(form, read(key));
      return form === 'jwk' ? exported : exported.buffer;
    }

    async wrapKey(format, key, wrappingKey, wrapAlgorithm) {
      this.#self;
      need(arguments.length, 4, 'wrapKey');
      const form = readFormat(format), slots = read(key), wrapping = read(wrappingKey);
      const [operation, normalized] = normalizeWrapping('wrapKey', 'encrypt', wrapAlgorithm);
      checkKey(wrapping, normalized, 'wrapKey');
      const exported = exportData(form, slots);
      const bytes = form === 'jwk' ? encoder.encode(Write(exported)) : exported;
      return normalized.operations[operation](normalized, wrapping, bytes).buffer;
    }

    async unwrapKey(
      format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable,
      keyUsages,
    ) {
      this.#self;
      need(arguments.length, 7, 'unwrapKey');
      const form = readFormat(format), usages = readUsages(keyUsages);
      const slots = read(unwrappingKey), bytes = copy(wrappedKey, 'the wrapped key');
      const [operation, normalized] = normalizeWrapping('unwrapKey', 'decrypt', unwrapAlgorithm);
      const imported = normalize('importKey', unwrappedKeyAlgorithm);
      checkKey(slots, normalized, 'unwrapKey');
      let data = normalized.operations[operation](normalized, slots, bytes);
      if (form === 'jwk') {
        try {
          data = readJwk(Parse(new TextDecoder('utf-8', { fatal: true }).decode(data)));
        } catch {
          throw fail('DataError', 'the unwrapped key is not a JWK');
        }
      }
      return imported.operations.importKey(form, data, imported, Boolean(extractable), usages);
    }
  }
  expose(SubtleCrypto, 'SubtleCrypto');

  const INTEGERS = [
    'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array',
    'Uint32Array', 'BigInt64Array', 'BigUint64Array',
  ];

  class Crypto {
    #subtle;

    constructor(mark = undefined) {
      if (mark !== token) throw new Failure('Illegal constructor');
      this.#subtle = new SubtleCrypto(token);
    }

    get subtle() { return this.#subtle; }

    getRandomValues(array) {
      this.#subtle;
      need(arguments.length, 1, 'getRandomValues');
      if (!isObject(array) || !ArrayBuffer.isView(array)) {
        throw new Failure('getRandomValues needs a typed array');
      }
      const kind = typedArrayName(array);
      if (!INTEGERS.includes(kind)) {
        throw fail('TypeMismatchError', 'getRandomValues needs a typed array of integers');
      }
      const bytes = bytesOf(array, 'the array');
      if (bytes.length > 65536) {
        throw new Quota(
          `getRandomValues fills at most 65536 bytes, not ${bytes.length}`, 'QuotaExceededError');
      }
      checkWritable(bytes, 'the array');
      if (bytes.length > 0 && !native.fill(bytes)) {
        throw fail('OperationError', 'the system gives no random numbers');
      }
      return array;
    }

    randomUUID() {
      this.#subtle;
      return native.uuid();
    }
  }
  expose(Crypto, 'Crypto');

  return { Crypto, CryptoKey, SubtleCrypto, crypto: new Crypto(token) };
})
