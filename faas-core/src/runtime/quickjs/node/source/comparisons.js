// Deep equality, as `node:assert` and `node:util` have it.
'use strict';

const { is, getPrototypeOf, getOwnPropertySymbols, prototype: { hasOwnProperty, propertyIsEnumerable, toString } } = Object;
const owns = (object, key) => hasOwnProperty.call(object, key);
const isObject = (value) => typeof value === 'object' && value !== null;
const tag = (value) => toString.call(value);

const symbolsOf = (object) =>
  getOwnPropertySymbols(object).filter((key) => propertyIsEnumerable.call(object, key));

const sameBytes = (a, b) => {
  if (a.byteLength !== b.byteLength) return false;
  const left = new Uint8Array(a.buffer ?? a, a.byteOffset ?? 0, a.byteLength);
  const right = new Uint8Array(b.buffer ?? b, b.byteOffset ?? 0, b.byteLength);
  return left.every((byte, index) => byte === right[index]);
};

const BOXES = [Number, String, Boolean, BigInt, Symbol];

const compare = (a, b, strict, seen) => {
  if (a === b) return a !== 0 || !strict || is(a, b);
  if (!isObject(a) || !isObject(b)) {
    if (strict) {
      return typeof a === 'number' && typeof b === 'number' ? is(a, b) : false;
    }
    if (isObject(a) || isObject(b)) return false;
    // eslint-disable-next-line eqeqeq
    return a == b || (a !== a && b !== b);
  }
  if (strict && getPrototypeOf(a) !== getPrototypeOf(b)) return false;
  if (tag(a) !== tag(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  if (a instanceof Date && b instanceof Date) {
    if (!is(a.getTime(), b.getTime())) return false;
  } else if (a instanceof RegExp && b instanceof RegExp) {
    if (`${a}` !== `${b}` || a.lastIndex !== b.lastIndex) return false;
  } else if (a instanceof Error && b instanceof Error) {
    if (a.message !== b.message || a.name !== b.name) return false;
    if (!compare(a.cause, b.cause, strict, seen) || !compare(a.errors, b.errors, strict, seen)) return false;
  } else if (ArrayBuffer.isView(a) || a instanceof ArrayBuffer) {
    if (!strict && (a instanceof Float32Array || a instanceof Float64Array)) {
      if (a.length !== b.length || !a.every((value, index) => value === b[index])) return false;
    } else if (!sameBytes(a, b)) return false;
  } else if (BOXES.some((Box) => a instanceof Box)) {
    if (!BOXES.some((Box) => b instanceof Box) || !is(a.valueOf(), b.valueOf())) return false;
  } else if (typeof URL === 'function' && a instanceof URL && b instanceof URL) {
    if (a.href !== b.href) return false;
  } else if (a instanceof WeakMap || a instanceof WeakSet || a instanceof Promise) {
    return false;
  }
  const known = seen.get(a);
  if (known !== undefined && known.has(b)) return true;
  if (known === undefined) seen.set(a, new Set([b])); else known.add(b);
  const equal = compareParts(a, b, strict, seen);
  seen.get(a)?.delete(b);
  return equal;
};

const compareParts = (a, b, strict, seen) => {
  const isView = ArrayBuffer.isView(a);
  const keys = isView ? [] : Object.keys(a);
  if (!isView && keys.length !== Object.keys(b).length) return false;
  if (Array.isArray(a) && a.length !== b.length) return false;
  if (strict) {
    const symbols = symbolsOf(a);
    if (symbols.length !== symbolsOf(b).length) return false;
    keys.push(...symbols);
  }
  for (const key of keys) {
    if (!owns(b, key) || !propertyIsEnumerable.call(b, key)) return false;
  }
  if (a instanceof Set && b instanceof Set && !compareSets(a, b, strict, seen)) return false;
  if (a instanceof Map && b instanceof Map && !compareMaps(a, b, strict, seen)) return false;
  return keys.every((key) => compare(a[key], b[key], strict, seen));
};

const compareSets = (a, b, strict, seen) => {
  if (a.size !== b.size) return false;
  const rest = [...b].filter((value) => !a.has(value) || isObject(value) && !a.has(value));
  for (const value of a) {
    if (b.has(value)) continue;
    if (strict && !isObject(value)) return false;
    const index = rest.findIndex((other) => compare(value, other, strict, seen));
    if (index < 0) return false;
    rest.splice(index, 1);
  }
  return true;
};

const compareMaps = (a, b, strict, seen) => {
  if (a.size !== b.size) return false;
  const rest = [...b].filter(([key]) => !a.has(key));
  for (const [key, value] of a) {
    if (b.has(key)) {
      if (!compare(value, b.get(key), strict, seen)) return false;
      continue;
    }
    if (strict && !isObject(key)) return false;
    const index = rest.findIndex(([other, found]) =>
      compare(key, other, strict, seen) && compare(value, found, strict, seen));
    if (index < 0) return false;
    rest.splice(index, 1);
  }
  return true;
};

module.exports = {
  isDeepEqual: (a, b) => compare(a, b, false, new Map()),
  isDeepStrictEqual: (a, b) => compare(a, b, true, new Map()),
};
