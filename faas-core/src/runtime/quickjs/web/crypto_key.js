// `CryptoKey`, and what its users share: how the Web Cryptography standard reads parameters.
(function (use, native) {
  'use strict';
  const { isObject, bytesOf, expose } = use('idl');
  const Failure = TypeError, Exception = DOMException, Bytes = Uint8Array, ErrorText = String;
  const USAGES = [
    'encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey',
  ];

  const fail = (name, message) => new Exception(message, name);

  // What users see of an algorithm.
  const show = (algorithm) => {
    const shown = { name: algorithm.name };
    for (const member of ['modulusLength', 'publicExponent', 'namedCurve', 'hash', 'length']) {
      const value = algorithm[member];
      if (value === undefined) continue;
      shown[member] = member === 'hash'
        ? { name: value }
        : member === 'publicExponent' ? new Bytes(value) : value;
    }
    return shown;
  };

  const token = {};
  let create, read;
  class CryptoKey {
    // `{ type, extractable, algorithm, usages, data }`. The key material, `data`, is private to this
    // file and to the algorithms.
    #key;
    #algorithm;
    #usages;

    static {
      create = (type, extractable, algorithm, usages, data) => {
        const made = new CryptoKey(token);
        made.#key = { type, extractable, algorithm, usages, data };
        return made;
      };
      read = (value) => {
        if (!isObject(value) || !(#key in value)) throw new Failure('the key must be a CryptoKey');
        return value.#key;
      };
    }

    constructor(mark = undefined) {
      if (mark !== token) throw new Failure('Illegal constructor');
    }

    get type() { return this.#key.type; }
    get extractable() { return this.#key.extractable; }
    get algorithm() { return this.#algorithm ??= show(this.#key.algorithm); }
    get usages() { return this.#usages ??= [...this.#key.usages]; }
  }
  expose(CryptoKey, 'CryptoKey');

  // The usages in a list, each once.
  const readUsages = (list) => {
    if (!isObject(list)) throw new Failure('the usages of a key must be a list');
    const found = [...list].map((usage) => `${usage}`);
    for (const usage of found) {
      if (!USAGES.includes(usage)) throw new Failure(`unknown usage of a key: ${usage}`);
    }
    return USAGES.filter((usage) => found.includes(usage));
  };

  // Checks that a key has no other usages than these.
  const allow = (usages, allowed) => {
    for (const usage of usages) {
      if (!allowed.includes(usage)) {
        throw fail('SyntaxError', `the key cannot have the usage ${usage}`);
      }
    }
  };

  const needUsage = (usages) => {
    if (usages.length === 0) throw fail('SyntaxError', 'the key needs a usage');
  };

  // ---- members of parameters ----

  const required = (object, member) => {
    const value = object[member];
    if (value === undefined) throw new Failure(`the algorithm needs ${member}`);
    return value;
  };

  const integer = (value, most, member) => {
    const number = Math.trunc(Number(value));
    if (!(number >= 0 && number <= most)) {
      throw new Failure(`${member} must be a number from 0 to ${most}`);
    }
    return number + 0;
  };

  // A copy of bytes.
  const copy = (value, member) => new Bytes(bytesOf(value, member));

  return {
    CryptoKey, create, read, fail, readUsages, allow, needUsage, required, integer, copy,
  };
})
