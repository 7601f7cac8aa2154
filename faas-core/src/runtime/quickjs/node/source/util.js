// `node:util`.
'use strict';

const { inspect, format, formatWithOptions, stripVTControlCharacters } = require('node-inspect-extracted');
const { fill } = require('node:absent');
const { isDeepStrictEqual } = require('node:comparisons');

const custom = Symbol.for('nodejs.util.promisify.custom');
const needFunction = (value, name) => {
  if (typeof value === 'function') return;
  const error = new TypeError(`The "${name}" argument must be of type function. Received ${value === null ? 'null' : `type ${typeof value}`}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
};

const promisify = (original) => {
  needFunction(original, 'original');
  const known = original[custom];
  if (known !== undefined) {
    needFunction(known, 'util.promisify.custom');
    return Object.defineProperty(known, custom, { __proto__: null, value: known, configurable: true });
  }
  const promisified = function (...values) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [...values, (error, value) => {
        if (error) reject(error); else resolve(value);
      }]);
    });
  };
  Object.setPrototypeOf(promisified, Object.getPrototypeOf(original));
  Object.defineProperty(promisified, custom, { __proto__: null, value: promisified, configurable: true });
  return Object.defineProperties(promisified, Object.getOwnPropertyDescriptors(original));
};
promisify.custom = custom;

const callbackify = (original) => {
  needFunction(original, 'original');
  return function (...values) {
    const callback = values.pop();
    needFunction(callback, 'last argument');
    Reflect.apply(original, this, values).then(
      (value) => queueMicrotask(() => callback(null, value)),
      (reason) => queueMicrotask(() => {
        if (reason) return callback(reason);
        const error = new Error('Promise was rejected with a falsy value', { cause: reason });
        error.code = 'ERR_FALSY_VALUE_REJECTION';
        error.reason = reason;
        return callback(error);
      }),
    );
  };
};

const inherits = (constructor, parent) => {
  needFunction(constructor, 'ctor');
  needFunction(parent, 'superCtor');
  Object.defineProperty(constructor, 'super_', {
    __proto__: null, value: parent, writable: true, configurable: true,
  });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
};

const warned = new Set();
const deprecate = (original, message, code) => {
  const deprecated = function (...values) {
    if (!warned.has(code ?? original)) {
      warned.add(code ?? original);
      require('node:process').emitWarning(message, 'DeprecationWarning', code);
    }
    return new.target ? Reflect.construct(original, values, new.target) : Reflect.apply(original, this, values);
  };
  Object.setPrototypeOf(deprecated, original);
  if (original.prototype) deprecated.prototype = original.prototype;
  return deprecated;
};

// Nothing is printed unless the variable NODE_DEBUG names the section.
const debuglog = (section) => {
  const isEnabled = () => {
    const names = require('node:process').env.NODE_DEBUG ?? '';
    return names.toUpperCase().split(',').includes(section.toUpperCase());
  };
  const log = (...values) => {
    if (isEnabled()) console.error(`${section.toUpperCase()}: ${format(...values)}`);
  };
  Object.defineProperty(log, 'enabled', { __proto__: null, get: isEnabled });
  return log;
};

// ---- types ----

const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
const isObjectLike = (value) => value !== null && (typeof value === 'object' || typeof value === 'function');
const typedTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
const typedName = (value) => (isObjectLike(value) ? typedTag.call(value) : undefined);
// Whether a method of a builtin class accepts the value.
const brand = (method, ...values) => (value) => {
  if (!isObjectLike(value)) return false;
  try { Reflect.apply(method, value, values); return true; } catch { return false; }
};
const getter = (Class, name) => Object.getOwnPropertyDescriptor(Class.prototype, name).get;
const isGenerator = Object.getPrototypeOf(function* () {}), isAsync = Object.getPrototypeOf(async () => {});
const isAsyncGenerator = Object.getPrototypeOf(async function* () {});
const iteratorTag = (tag) => (value) => isObjectLike(value) && value[Symbol.toStringTag] === tag;

const types = {
  isAnyArrayBuffer: (value) => types.isArrayBuffer(value) || types.isSharedArrayBuffer(value),
  isArgumentsObject: (value) => isObjectLike(value) && !(Symbol.toStringTag in value) && tagOf(value) === 'Arguments',
  isArrayBuffer: brand(getter(ArrayBuffer, 'byteLength')),
  isArrayBufferView: (value) => ArrayBuffer.isView(value),
  isAsyncFunction: (value) => typeof value === 'function' &&
    (isAsync.isPrototypeOf(value) || isAsync === Object.getPrototypeOf(value) || isAsyncGenerator === Object.getPrototypeOf(value)),
  isBigIntObject: brand(BigInt.prototype.valueOf),
  isBooleanObject: brand(Boolean.prototype.valueOf),
  isBoxedPrimitive: (value) => types.isNumberObject(value) || types.isStringObject(value) ||
    types.isBooleanObject(value) || types.isBigIntObject(value) || types.isSymbolObject(value),
  isCryptoKey: (value) => typeof CryptoKey === 'function' && value instanceof CryptoKey,
  isDataView: brand(getter(DataView, 'byteLength')),
  isDate: brand(Date.prototype.getTime),
  isEventTarget: (value) => typeof EventTarget === 'function' && value instanceof EventTarget,
  isExternal: () => false,
  isGeneratorFunction: (value) => typeof value === 'function' &&
    (Object.getPrototypeOf(value) === isGenerator || Object.getPrototypeOf(value) === isAsyncGenerator),
  isGeneratorObject: iteratorTag('Generator'),
  isKeyObject: (value) => value instanceof require('node:crypto').KeyObject,
  isMap: brand(getter(Map, 'size')),
  isMapIterator: iteratorTag('Map Iterator'),
  isModuleNamespaceObject: iteratorTag('Module'),
  isNativeError: (value) => (typeof Error.isError === 'function' ? Error.isError(value) : value instanceof Error),
  isNumberObject: brand(Number.prototype.valueOf),
  isPromise: (value) => value instanceof Promise,
  isProxy: () => false,
  isRegExp: (value) => isObjectLike(value) && value instanceof RegExp && tagOf(value) === 'RegExp',
  isSet: brand(getter(Set, 'size')),
  isSetIterator: iteratorTag('Set Iterator'),
  isSharedArrayBuffer: typeof SharedArrayBuffer === 'undefined' ? () => false : brand(getter(SharedArrayBuffer, 'byteLength')),
  isStringObject: brand(String.prototype.valueOf),
  isSymbolObject: brand(Symbol.prototype.valueOf),
  isTypedArray: (value) => typedName(value) !== undefined,
  isWeakMap: brand(WeakMap.prototype.has, {}),
  isWeakSet: brand(WeakSet.prototype.has, {}),
};
for (const Class of [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
  Float32Array, Float64Array, BigInt64Array, BigUint64Array,
]) {
  types[`is${Class.name}`] = (value) => typedName(value) === Class.name;
}

// ---- command lines, dotenv files, colours ----

const parseArgs = ({ args = [], options = {}, strict = true, allowPositionals = !strict } = {}) => {
  const values = { __proto__: null }, positionals = [];
  const fail = (message, code) => { throw Object.assign(new TypeError(message), { code }); };
  const store = (name, value) => {
    const option = options[name];
    if (option === undefined && strict) fail(`Unknown option '--${name}'`, 'ERR_PARSE_ARGS_UNKNOWN_OPTION');
    if (option?.multiple) (values[name] ??= []).push(value); else values[name] = value;
  };
  const takesText = (name) => options[name]?.type === 'string';
  for (let i = 0; i < args.length; i++) {
    const argument = args[i];
    if (argument === '--') {
      positionals.push(...args.slice(i + 1));
      break;
    }
    if (argument.startsWith('--')) {
      const at = argument.indexOf('=');
      const name = at < 0 ? argument.slice(2) : argument.slice(2, at);
      store(name, at >= 0 ? argument.slice(at + 1) : takesText(name) ? args[++i] : true);
    } else if (argument.length > 1 && argument[0] === '-') {
      for (let j = 1; j < argument.length; j++) {
        const name = Object.keys(options).find((key) => options[key].short === argument[j]) ?? argument[j];
        if (!takesText(name)) { store(name, true); continue; }
        store(name, j + 1 < argument.length ? argument.slice(j + 1) : args[++i]);
        break;
      }
    } else {
      if (!allowPositionals) fail(`Unexpected argument '${argument}'`, 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL');
      positionals.push(argument);
    }
  }
  for (const name of Object.keys(options)) {
    if (values[name] === undefined && options[name].default !== undefined) values[name] = options[name].default;
  }
  return { values, positionals };
};

const parseEnv = (text) => {
  const found = {};
  const line = /^\s*(?:export\s+)?([\w.-]+)\s*=\s*("(?:\\"|[^"])*"|'[^']*'|`[^`]*`|[^#\r\n]*)?\s*(?:#.*)?$/gm;
  for (const [, name, raw = ''] of `${text}`.matchAll(line)) {
    const value = raw.trim(), quote = value[0];
    if ((quote === '"' || quote === "'" || quote === '`') && value.endsWith(quote) && value.length > 1) {
      const inner = value.slice(1, -1);
      found[name] = quote === '"' ? inner.replaceAll('\\n', '\n') : inner;
    } else found[name] = value;
  }
  return found;
};

const styleText = (style, text) => {
  let styled = `${text}`;
  for (const name of [style].flat().reverse()) {
    const codes = inspect.colors[name];
    if (codes === undefined) throw new TypeError(`unknown style: ${name}`);
    styled = `\u001b[${codes[0]}m${styled}\u001b[${codes[1]}m`;
  }
  return styled;
};

const aborted = (signal) => new Promise((resolve) => {
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', () => resolve(), { once: true });
});

module.exports = {
  _extend: (target, source) => (isObjectLike(source) ? Object.assign(target, source) : target),
  aborted, callbackify, debug: debuglog, debuglog, deprecate, format, formatWithOptions, inherits,
  inspect, isDeepStrictEqual, parseArgs, parseEnv, promisify, stripVTControlCharacters, styleText,
  types,
  toUSVString: (text) => `${text}`.toWellFormed(),
  log: (...values) => console.log('%s - %s', new Date().toLocaleTimeString(), format(...values)),
  isArray: Array.isArray,
  isBoolean: (value) => typeof value === 'boolean',
  isBuffer: (value) => require('node:buffer').Buffer.isBuffer(value),
  isDate: types.isDate,
  isError: (value) => types.isNativeError(value) || value instanceof Error,
  isFunction: (value) => typeof value === 'function',
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === 'number',
  isObject: (value) => value !== null && typeof value === 'object',
  isPrimitive: (value) => !isObjectLike(value),
  isRegExp: types.isRegExp,
  isString: (value) => typeof value === 'string',
  isSymbol: (value) => typeof value === 'symbol',
  isUndefined: (value) => value === undefined,
  get TextEncoder() { return globalThis.TextEncoder; },
  get TextDecoder() { return globalThis.TextDecoder; },
};
fill(module.exports, 'util', require('names:util'));
