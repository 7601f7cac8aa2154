// JSON Web Keys (RFC 7517), as the Web Cryptography standard reads and writes them.
(function (use, native) {
  'use strict';
  const { isObject, isBufferSource } = use('idl');
  const { fail } = use('crypto_key');
  const Failure = TypeError;
  const TEXTS = ['kty', 'use', 'alg', 'crv', 'x', 'y', 'd', 'n', 'e', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

  // Reads the members that the standard has.
  const readJwk = (value) => {
    if (!isObject(value) || isBufferSource(value)) {
      throw new Failure('a key in the format jwk must be an object');
    }
    const jwk = { __proto__: null };
    for (const member of TEXTS) {
      const found = value[member];
      if (found !== undefined) jwk[member] = `${found}`;
    }
    if (value.ext !== undefined) jwk.ext = Boolean(value.ext);
    for (const member of ['key_ops', 'oth']) {
      const list = value[member];
      if (list === undefined) continue;
      if (!isObject(list)) throw new Failure(`${member} of a JWK must be a list`);
      jwk[member] = member === 'oth' ? [...list] : [...list].map((item) => `${item}`);
    }
    return jwk;
  };

  const wrong = (member) => fail('DataError', `the member ${member} of the JWK does not fit`);

  // Checks what all kinds of keys have. `purpose` is what `use` must be.
  const checkJwk = (jwk, kind, purpose, extractable, usages) => {
    if (jwk.kty !== kind) throw wrong('kty');
    if (usages.length > 0 && jwk.use !== undefined && jwk.use !== purpose) throw wrong('use');
    const { key_ops: operations } = jwk;
    if (operations !== undefined) {
      if (operations.some((operation, i) => operations.indexOf(operation) !== i)) {
        throw wrong('key_ops');
      }
      if (usages.some((usage) => !operations.includes(usage))) throw wrong('key_ops');
    }
    if (jwk.ext === false && extractable) throw wrong('ext');
  };

  // The bytes of a member; `length` is how many there must be.
  const member = (jwk, name, length = undefined) => {
    const text = jwk[name];
    const bytes = text === undefined ? undefined : native.fromBase64Url(text);
    if (bytes === undefined || (length !== undefined && bytes.length !== length)) throw wrong(name);
    return bytes;
  };

  const checkAlgorithm = (jwk, ...names) => {
    if (jwk.alg !== undefined && !names.includes(jwk.alg)) throw wrong('alg');
  };

  const toBase64Url = (bytes) => native.toBase64Url(bytes);

  // Adds what all kinds of keys have.
  const finishJwk = (jwk, key) => {
    jwk.key_ops = [...key.usages];
    jwk.ext = key.extractable;
    return jwk;
  };

  return { readJwk, checkJwk, checkAlgorithm, member, toBase64Url, finishJwk, wrong };
})
