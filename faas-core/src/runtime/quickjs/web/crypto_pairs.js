// Algorithms with pairs of keys: RSA and elliptic curves.
(function (use, native) {
  'use strict';
  const { create, read, fail, allow, needUsage, required, integer, copy } = use('crypto_key');
  const { readJwk, checkJwk, checkAlgorithm, member, toBase64Url, finishJwk, wrong } =
    use('crypto_jwk');
  const Bytes = Uint8Array, Failure = TypeError;
  const none = new Uint8Array(0);

  const operation = (result, message) => {
    if (result === undefined) throw fail('OperationError', message);
    return result;
  };
  const valid = (result) => {
    if (result === undefined) throw fail('DataError', 'the key is not valid');
    return result;
  };
  const needType = (key, type) => {
    if (key.type !== type) throw fail('InvalidAccessError', `this needs a ${type} key`);
  };
  const unknownFormat = (format, name) =>
    fail('NotSupportedError', `${name} has no keys in the format ${format}`);
  const sources = (bytes) => copy(bytes, 'the key');
  const pick = (usages, allowed) => usages.filter((usage) => allowed.includes(usage));

  // Makes the two keys of a pair.
  const pair = (algorithm, extractable, usages, allowed, publicData, privateData) => {
    const privateUsages = pick(usages, allowed.private);
    needUsage(privateUsages);
    return {
      publicKey:
        create('public', true, algorithm, pick(usages, allowed.public), publicData),
      privateKey: create('private', extractable, algorithm, privateUsages, privateData),
    };
  };

  // ---- elliptic curves ----

  // Bytes of a coordinate.
  const SIZE = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };
  const ALG = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' };

  // `fixed` is the curve of an algorithm that has one only.
  const curves = (name, fixed, allowed, purpose, operations) => {
    const curveOf = (algorithm) => fixed ?? algorithm.namedCurve;
    const describe = (curve) => (fixed === undefined ? { name, namedCurve: curve } : { name });
    const readCurve = (object, algorithm) => {
      algorithm.namedCurve = `${required(object, 'namedCurve')}`;
      return algorithm;
    };
    const known = (curve) => {
      if (fixed === undefined && SIZE[curve] === undefined) {
        throw fail('NotSupportedError', `the curve ${curve} is not supported`);
      }
    };
    const fromJwk = (jwk, curve, extractable, usages) => {
      const isPrivate = jwk.d !== undefined;
      allow(usages, isPrivate ? allowed.private : allowed.public);
      checkJwk(jwk, fixed === undefined ? 'EC' : 'OKP', purpose, extractable, usages);
      if (jwk.crv !== curve) throw wrong('crv');
      if (name === 'ECDSA') checkAlgorithm(jwk, ALG[curve]);
      if (name === 'Ed25519') checkAlgorithm(jwk, 'Ed25519', 'EdDSA');
      let point;
      if (fixed === undefined) {
        const size = SIZE[curve];
        point = new Bytes(2 * size + 1);
        point[0] = 4;
        point.set(member(jwk, 'x', size), 1);
        point.set(member(jwk, 'y', size), size + 1);
      } else {
        point = member(jwk, 'x', 32);
      }
      valid(native.curvePoint(curve, point));
      if (!isPrivate) return ['public', { public: point }];
      const secret = member(jwk, 'd', fixed === undefined ? SIZE[curve] : 32);
      const found = valid(native.curvePublic(curve, secret));
      if (!native.equal(found, point)) throw wrong('x');
      return ['private', { private: secret, public: point }];
    };
    return {
      name,
      readers: {
        ...operations.readers,
        generateKey: fixed === undefined ? readCurve : undefined,
        importKey: fixed === undefined ? readCurve : undefined,
      },
      ...operations.functions,
      generateKey(algorithm, extractable, usages) {
        const curve = curveOf(algorithm);
        known(curve);
        allow(usages, [...allowed.private, ...allowed.public]);
        needUsage(pick(usages, allowed.private));
        const secret = operation(native.curveRandom(curve), 'no key can be generated');
        const point = operation(native.curvePublic(curve, secret), 'no key can be generated');
        return pair(describe(curve), extractable, usages, allowed,
          { public: point }, { private: secret, public: point });
      },
      importKey(format, source, algorithm, extractable, usages) {
        const curve = curveOf(algorithm);
        let type, data;
        if (format === 'raw') {
          known(curve);
          allow(usages, allowed.public);
          type = 'public';
          data = { public: valid(native.curvePoint(curve, sources(source))) };
        } else if (format === 'spki') {
          allow(usages, allowed.public);
          type = 'public';
          data = { public: valid(native.curveFromSpki(curve, sources(source))) };
        } else if (format === 'pkcs8') {
          allow(usages, allowed.private);
          type = 'private';
          const secret = valid(native.curveFromPkcs8(curve, sources(source)));
          data = { private: secret, public: valid(native.curvePublic(curve, secret)) };
        } else if (format === 'jwk') {
          [type, data] = fromJwk(readJwk(source), curve, extractable, usages);
        } else {
          throw unknownFormat(format, name);
        }
        if (type === 'private') needUsage(usages);
        return create(type, extractable, describe(curve), usages, data);
      },
      exportKey(format, key) {
        const curve = curveOf(key.algorithm), { data } = key;
        if (format === 'raw') {
          needType(key, 'public');
          return new Bytes(data.public);
        }
        if (format === 'spki') {
          needType(key, 'public');
          return operation(native.curveToSpki(curve, data.public), 'the key cannot be exported');
        }
        if (format === 'pkcs8') {
          needType(key, 'private');
          return operation(native.curveToPkcs8(curve, data.private), 'the key cannot be exported');
        }
        if (format !== 'jwk') throw unknownFormat(format, name);
        const jwk = { kty: fixed === undefined ? 'EC' : 'OKP', crv: curve };
        if (fixed === undefined) {
          const size = SIZE[curve];
          jwk.x = toBase64Url(data.public.slice(1, size + 1));
          jwk.y = toBase64Url(data.public.slice(size + 1));
        } else {
          jwk.x = toBase64Url(data.public);
          if (name === 'Ed25519') jwk.alg = 'Ed25519';
        }
        if (key.type === 'private') jwk.d = toBase64Url(data.private);
        return finishJwk(jwk, key);
      },
    };
  };

  const signing = (hashOf, fixed) => {
    const readHash = (object, algorithm) => {
      algorithm.hash = hashOf(required(object, 'hash'));
      return algorithm;
    };
    const curve = (key) => fixed ?? key.algorithm.namedCurve;
    return {
      readers: fixed === undefined ? { sign: readHash, verify: readHash } : {},
      functions: {
        sign(algorithm, key, data) {
          needType(key, 'private');
          return operation(native.curveSign(curve(key), algorithm.hash, key.data.private, data),
            'the data cannot be signed');
        },
        verify(algorithm, key, signature, data) {
          needType(key, 'public');
          return Boolean(
            native.curveVerify(curve(key), algorithm.hash, key.data.public, signature, data));
        },
      },
    };
  };

  const agreement = (fixed) => ({
    readers: {
      deriveBits(object, algorithm) {
        const other = required(object, 'public');
        read(other);
        algorithm.public = other;
        return algorithm;
      },
    },
    functions: {
      deriveBits(algorithm, key, length) {
        needType(key, 'private');
        const other = read(algorithm.public), { name, namedCurve } = key.algorithm;
        needType(other, 'public');
        if (other.algorithm.name !== name || other.algorithm.namedCurve !== namedCurve) {
          throw fail('InvalidAccessError', 'the two keys have different algorithms or curves');
        }
        const secret = operation(
          native.curveShared(fixed ?? namedCurve, key.data.private, other.data.public),
          'the keys share no secret');
        if (length === null) return secret;
        if (length > secret.length * 8) {
          throw fail('OperationError', `the secret has ${secret.length * 8} bits only`);
        }
        const bits = secret.slice(0, Math.ceil(length / 8));
        if (length % 8 !== 0) bits[bits.length - 1] &= 0xff00 >> (length % 8);
        return bits;
      },
    },
  });

  // ---- RSA ----

  const PARTS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'];

  const rsa = (hashOf, name, allowed, purpose, jwkName, operations) => {
    const describe = (data, hash) => {
      const [n, e] = native.rsaParts(data);
      const modulusLength = n.length * 8 - (Math.clz32(n[0]) - 24);
      return { name, modulusLength, publicExponent: e, hash };
    };
    return {
      name,
      readers: {
        ...operations.readers,
        generateKey(object, algorithm) {
          algorithm.hash = hashOf(required(object, 'hash'));
          algorithm.modulusLength =
            integer(required(object, 'modulusLength'), 4294967295, 'modulusLength');
          const exponent = required(object, 'publicExponent');
          if (!(exponent instanceof Bytes)) {
            throw new Failure('publicExponent must be a Uint8Array');
          }
          algorithm.publicExponent = new Bytes(exponent);
          return algorithm;
        },
        importKey(object, algorithm) {
          algorithm.hash = hashOf(required(object, 'hash'));
          return algorithm;
        },
      },
      ...operations.functions,
      generateKey({ hash, modulusLength, publicExponent }, extractable, usages) {
        allow(usages, [...allowed.private, ...allowed.public]);
        const possible = native.rsaCanGenerate(modulusLength, publicExponent) || undefined;
        operation(possible,
          'modulusLength must be from 1024 to 4096, and publicExponent odd and at least 3');
        needUsage(pick(usages, allowed.private));
        const data =
          operation(native.rsaGenerate(modulusLength, publicExponent), 'no key can be generated');
        return pair(describe(data, hash), extractable, usages, allowed,
          native.rsaPublic(data), data);
      },
      importKey(format, source, { hash }, extractable, usages) {
        let type, data;
        if (format === 'spki') {
          allow(usages, allowed.public);
          type = 'public';
          data = valid(native.rsaFromSpki(sources(source)));
        } else if (format === 'pkcs8') {
          allow(usages, allowed.private);
          type = 'private';
          data = valid(native.rsaFromPkcs8(sources(source)));
        } else if (format === 'jwk') {
          const jwk = readJwk(source);
          type = jwk.d === undefined ? 'public' : 'private';
          allow(usages, type === 'private' ? allowed.private : allowed.public);
          checkJwk(jwk, 'RSA', purpose, extractable, usages);
          checkAlgorithm(jwk, jwkName(hash));
          if (jwk.oth !== undefined) {
            throw fail('NotSupportedError', 'RSA keys with more than two primes are not supported');
          }
          if (type === 'private' && jwk.p === undefined) {
            throw fail('NotSupportedError', 'RSA keys without their primes are not supported');
          }
          const parts = type === 'private' ? PARTS : ['n', 'e'];
          data = valid(native.rsaFromParts(parts.map((part) => member(jwk, part))));
        } else {
          throw unknownFormat(format, name);
        }
        if (type === 'private') needUsage(usages);
        return create(type, extractable, describe(data, hash), usages, data);
      },
      exportKey(format, key) {
        if (format === 'spki' || format === 'pkcs8') {
          needType(key, format === 'spki' ? 'public' : 'private');
          return new Bytes(key.data);
        }
        if (format !== 'jwk') throw unknownFormat(format, name);
        const jwk = { kty: 'RSA', alg: jwkName(key.algorithm.hash) };
        native.rsaParts(key.data).forEach((part, i) => { jwk[PARTS[i]] = toBase64Url(part); });
        return finishJwk(jwk, key);
      },
    };
  };

  const rsaSigning = (readers, saltOf) => ({
    readers,
    functions: {
      sign(algorithm, key, data) {
        needType(key, 'private');
        return operation(
          native.rsaSign(key.data, key.algorithm.hash, saltOf(algorithm), data),
          'the data cannot be signed');
      },
      verify(algorithm, key, signature, data) {
        needType(key, 'public');
        return Boolean(native.rsaVerify(
          key.data, key.algorithm.hash, saltOf(algorithm), signature, data));
      },
    },
  });

  const readSalt = (object, algorithm) => {
    algorithm.saltLength = integer(required(object, 'saltLength'), 4294967295, 'saltLength');
    return algorithm;
  };
  const readLabel = (object, algorithm) => {
    const { label } = object;
    algorithm.label = label === undefined ? none : copy(label, 'label');
    return algorithm;
  };

  const SIGN = { private: ['sign'], public: ['verify'] };
  const AGREE = { private: ['deriveKey', 'deriveBits'], public: [] };
  const number = (hash) => hash.slice(4);

  // `hashOf` reads the identifier of a hash function.
  return { pairs: (hashOf) => [
    curves('ECDSA', undefined, SIGN, 'sig', signing(hashOf, undefined)),
    curves('ECDH', undefined, AGREE, 'enc', agreement(undefined)),
    curves('Ed25519', 'Ed25519', SIGN, 'sig', signing(hashOf, 'Ed25519')),
    curves('X25519', 'X25519', AGREE, 'enc', agreement('X25519')),
    rsa(hashOf, 'RSASSA-PKCS1-v1_5', SIGN, 'sig', (hash) => `RS${number(hash)}`,
      rsaSigning({}, () => undefined)),
    rsa(hashOf, 'RSA-PSS', SIGN, 'sig', (hash) => `PS${number(hash)}`,
      rsaSigning({ sign: readSalt, verify: readSalt }, (algorithm) => algorithm.saltLength)),
    rsa(hashOf, 'RSA-OAEP',
      { private: ['decrypt', 'unwrapKey'], public: ['encrypt', 'wrapKey'] }, 'enc',
      (hash) => (hash === 'SHA-1' ? 'RSA-OAEP' : `RSA-OAEP-${number(hash)}`), {
        readers: { encrypt: readLabel, decrypt: readLabel },
        functions: {
          encrypt(algorithm, key, data) {
            needType(key, 'public');
            return operation(
              native.rsaEncrypt(key.data, key.algorithm.hash, algorithm.label, data),
              'the data are too long for the key');
          },
          decrypt(algorithm, key, data) {
            needType(key, 'private');
            return operation(
              native.rsaDecrypt(key.data, key.algorithm.hash, algorithm.label, data),
              'the data cannot be decrypted');
          },
        },
      }),
  ] };
})
