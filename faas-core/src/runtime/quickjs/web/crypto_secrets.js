// Algorithms with secret keys: AES, HMAC, HKDF and PBKDF2.
(function (use, native) {
  'use strict';
  const { create, fail, allow, needUsage, required, integer, copy } = use('crypto_key');
  const { readJwk, checkJwk, checkAlgorithm, member, toBase64Url, finishJwk } = use('crypto_jwk');
  const Failure = TypeError, Bytes = Uint8Array;
  const none = new Uint8Array(0);

  const operation = (result, message) => {
    if (result === undefined) throw fail('OperationError', message);
    return result;
  };

  const unknownFormat = (format, name) =>
    fail('NotSupportedError', `${name} has no keys in the format ${format}`);

  // ---- AES ----

  const CIPHER = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];
  const checkLength = (length, name) => {
    if (length !== 128 && length !== 192 && length !== 256) {
      throw fail('OperationError', `a key of ${name} must have 128, 192 or 256 bits`);
    }
  };

  const aes = (name, jwkName, usages, operations) => {
    const readLength = (object, algorithm) => {
      algorithm.length = integer(required(object, 'length'), 65535, 'length');
      return algorithm;
    };
    return {
      ...operations,
      name,
      readers: { ...operations.readers, generateKey: readLength, getKeyLength: readLength },
      generateKey(algorithm, extractable, wanted) {
        allow(wanted, usages);
        checkLength(algorithm.length, name);
        needUsage(wanted);
        const data = native.random(algorithm.length / 8);
        return create('secret', extractable, { name, length: algorithm.length }, wanted, data);
      },
      importKey(format, source, algorithm, extractable, wanted) {
        allow(wanted, usages);
        let data, jwk;
        if (format === 'raw') {
          data = copy(source, 'the key');
        } else if (format === 'jwk') {
          jwk = readJwk(source);
          checkJwk(jwk, 'oct', 'enc', extractable, wanted);
          data = member(jwk, 'k');
        } else {
          throw unknownFormat(format, name);
        }
        const length = data.length * 8;
        if (length !== 128 && length !== 192 && length !== 256) {
          throw fail('DataError', `a key of ${name} must have 128, 192 or 256 bits`);
        }
        if (jwk !== undefined) checkAlgorithm(jwk, `A${length}${jwkName}`);
        needUsage(wanted);
        return create('secret', extractable, { name, length }, wanted, data);
      },
      exportKey(format, key) {
        if (format === 'raw') return new Bytes(key.data);
        if (format !== 'jwk') throw unknownFormat(format, name);
        const { length } = key.algorithm;
        return finishJwk(
          { kty: 'oct', k: toBase64Url(key.data), alg: `A${length}${jwkName}` }, key);
      },
      getKeyLength(algorithm) {
        checkLength(algorithm.length, name);
        return algorithm.length;
      },
    };
  };

  const readCbc = (object, algorithm) => {
    algorithm.iv = copy(required(object, 'iv'), 'iv');
    return algorithm;
  };
  const cbc = (isEncryption) => (algorithm, key, data) => {
    if (algorithm.iv.length !== 16) throw fail('OperationError', 'iv must have 16 bytes');
    return operation(
      native.aesCbc(isEncryption, key.data, algorithm.iv, data), 'the data cannot be decrypted');
  };

  const readCtr = (object, algorithm) => {
    algorithm.counter = copy(required(object, 'counter'), 'counter');
    algorithm.length = integer(required(object, 'length'), 255, 'length');
    return algorithm;
  };
  const ctr = ({ counter, length }, key, data) => {
    if (counter.length !== 16) throw fail('OperationError', 'counter must have 16 bytes');
    if (length === 0 || length > 128) {
      throw fail('OperationError', 'length must be from 1 to 128');
    }
    return operation(
      native.aesCtr(key.data, counter, length, data), 'the data are too long for the counter');
  };

  const readGcm = (object, algorithm) => {
    const { additionalData, tagLength } = object;
    algorithm.iv = copy(required(object, 'iv'), 'iv');
    algorithm.additionalData =
      additionalData === undefined ? none : copy(additionalData, 'additionalData');
    algorithm.tagLength = tagLength === undefined ? 128 : integer(tagLength, 255, 'tagLength');
    return algorithm;
  };
  const gcm = (isEncryption) => ({ iv, additionalData, tagLength }, key, data) => {
    if (![32, 64, 96, 104, 112, 120, 128].includes(tagLength)) {
      throw fail('OperationError', 'tagLength must be 32, 64, 96, 104, 112, 120 or 128');
    }
    return operation(
      native.aesGcm(isEncryption, key.data, iv, additionalData, tagLength / 8, data),
      'the data cannot be decrypted');
  };

  // ---- HMAC ----

  const BLOCK_BITS = { 'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024 };
  const hmacName = (hash) => `HS${hash.slice(4)}`;
  const hmacReader = (hashOf) => (object, algorithm) => {
    const { length } = object;
    algorithm.hash = hashOf(required(object, 'hash'));
    if (length !== undefined) algorithm.length = integer(length, 4294967295, 'length');
    return algorithm;
  };

  const hmac = (hashOf) => ({
    name: 'HMAC',
    readers: {
      generateKey: hmacReader(hashOf), importKey: hmacReader(hashOf),
      getKeyLength: hmacReader(hashOf),
    },
    sign: (algorithm, key, data) =>
      operation(native.hmac(key.algorithm.hash, key.data, data), 'the data cannot be signed'),
    verify: (algorithm, key, signature, data) =>
      native.equal(native.hmac(key.algorithm.hash, key.data, data), signature),
    generateKey({ hash, length = BLOCK_BITS[hash] }, extractable, usages) {
      allow(usages, ['sign', 'verify']);
      if (length === 0 || length > 524288) {
        throw fail('OperationError', 'length must be from 1 to 524288');
      }
      needUsage(usages);
      const data = native.random(Math.ceil(length / 8));
      if (length % 8 !== 0) data[data.length - 1] &= 0xff00 >> (length % 8);
      return create('secret', extractable, { name: 'HMAC', hash, length }, usages, data);
    },
    importKey(format, source, { hash, length: wanted }, extractable, usages) {
      allow(usages, ['sign', 'verify']);
      let data;
      if (format === 'raw') {
        data = copy(source, 'the key');
      } else if (format === 'jwk') {
        const jwk = readJwk(source);
        checkJwk(jwk, 'oct', 'sig', extractable, usages);
        data = member(jwk, 'k');
        checkAlgorithm(jwk, hmacName(hash));
      } else {
        throw unknownFormat(format, 'HMAC');
      }
      let length = data.length * 8;
      if (length === 0) throw fail('DataError', 'the key is empty');
      if (wanted !== undefined) {
        if (wanted > length || wanted <= length - 8) {
          throw fail('DataError', 'length does not fit the key');
        }
        length = wanted;
        if (length % 8 !== 0) data[data.length - 1] &= 0xff00 >> (length % 8);
      }
      needUsage(usages);
      return create('secret', extractable, { name: 'HMAC', hash, length }, usages, data);
    },
    exportKey(format, key) {
      if (format === 'raw') return new Bytes(key.data);
      if (format !== 'jwk') throw unknownFormat(format, 'HMAC');
      return finishJwk(
        { kty: 'oct', k: toBase64Url(key.data), alg: hmacName(key.algorithm.hash) }, key);
    },
    getKeyLength({ hash, length = BLOCK_BITS[hash] }) {
      if (length === 0) throw new Failure('length must not be 0');
      return length;
    },
  });

  // ---- keys to derive from ----

  const source = (name, read, derive) => ({
    name,
    readers: { deriveBits: read },
    deriveBits(algorithm, key, length) {
      if (length === null || length % 8 !== 0) {
        throw fail('OperationError', 'the length must be a multiple of 8');
      }
      return length === 0
        ? new Bytes(0)
        : operation(derive(algorithm, key.data, length / 8), `${name} cannot derive these bits`);
    },
    importKey(format, material, algorithm, extractable, usages) {
      if (format !== 'raw') throw unknownFormat(format, name);
      allow(usages, ['deriveKey', 'deriveBits']);
      if (extractable) throw fail('SyntaxError', `a key of ${name} cannot be extractable`);
      needUsage(usages);
      return create('secret', false, { name }, usages, copy(material, 'the key'));
    },
    getKeyLength: () => null,
  });

  const LIMIT = { 'SHA-1': 20, 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 };

  // `hashOf` reads the identifier of a hash function.
  return { secrets: (hashOf) => [
    aes('AES-CBC', 'CBC', CIPHER,
      { readers: { encrypt: readCbc, decrypt: readCbc }, encrypt: cbc(true), decrypt: cbc(false) }),
    aes('AES-CTR', 'CTR', CIPHER,
      { readers: { encrypt: readCtr, decrypt: readCtr }, encrypt: ctr, decrypt: ctr }),
    aes('AES-GCM', 'GCM', CIPHER,
      { readers: { encrypt: readGcm, decrypt: readGcm }, encrypt: gcm(true), decrypt: gcm(false) }),
    aes('AES-KW', 'KW', ['wrapKey', 'unwrapKey'], {
      readers: {},
      wrapKey: (algorithm, key, data) => operation(
        native.aesKw(true, key.data, data), 'AES-KW wraps multiples of 8 bytes, 16 at least'),
      unwrapKey: (algorithm, key, data) =>
        operation(native.aesKw(false, key.data, data), 'the key cannot be unwrapped'),
    }),
    hmac(hashOf),
    source('HKDF', (object, algorithm) => {
      algorithm.hash = hashOf(required(object, 'hash'));
      algorithm.info = copy(required(object, 'info'), 'info');
      algorithm.salt = copy(required(object, 'salt'), 'salt');
      return algorithm;
    }, ({ hash, salt, info }, data, length) => (
      length > 255 * LIMIT[hash] ? undefined : native.hkdf(hash, data, salt, info, length))),
    source('PBKDF2', (object, algorithm) => {
      algorithm.hash = hashOf(required(object, 'hash'));
      algorithm.iterations = integer(required(object, 'iterations'), 4294967295, 'iterations');
      algorithm.salt = copy(required(object, 'salt'), 'salt');
      return algorithm;
    }, ({ hash, salt, iterations }, data, length) => (
      iterations === 0 ? undefined : native.pbkdf2(hash, data, salt, iterations, length))),
  ] };
})
