// Structured serialization and deserialization, and `structuredClone`.
//
// A value is first turned into nodes, then the transferable objects are transferred, then values
// are made from the nodes: an error in the first step changes nothing.
//
// Other parts add the classes whose objects can be cloned to `platform.serializable`: objects with
// `is(value)` and `copy(value)`, which returns a function that makes a copy. No other interface of
// the web platform can be cloned.
(function (use, native, platform) {
  'use strict';
  const { need, dictionary, sequence, isObject, isExposed } = use('idl');
  const { kindOf } = native;
  const serializable = (platform.serializable ??= []);

  // ---- kinds of objects ----

  const KINDS = new Map();
  const samples = {
    plain: [{}, (function () { return arguments; })()],
    array: [[]],
    error: [new Error()],
    boxed: [Object(1), Object(''), Object(true), Object(1n)],
    date: [new Date(0)],
    regexp: [/a/],
    map: [new Map()],
    set: [new Set()],
    buffer: [new ArrayBuffer(0)],
    view: [new DataView(new ArrayBuffer(0))],
    exception: [new DOMException()],
  };
  for (const kind of Object.keys(samples)) {
    for (const sample of samples[kind]) KINDS.set(kindOf(sample), kind);
  }
  const TYPED = [
    Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    BigInt64Array, BigUint64Array, Float32Array, Float64Array,
    ...(typeof Float16Array === 'function' ? [Float16Array] : []),
  ];
  const CONSTRUCTORS = new Map([['DataView', DataView]]);
  for (const Class of TYPED) {
    KINDS.set(kindOf(new Class()), 'view');
    CONSTRUCTORS.set(Class.name, Class);
  }

  const getter = (object, name) => Object.getOwnPropertyDescriptor(object, name).get;
  const typed = Object.getPrototypeOf(Uint8Array.prototype);
  const typedName = getter(typed, Symbol.toStringTag);
  const access = (prototype, names) => names.map((name) => getter(prototype, name));
  const ofTyped = access(typed, ['buffer', 'byteOffset', 'length']);
  const ofDataView = access(DataView.prototype, ['buffer', 'byteOffset', 'byteLength']);
  const getTime = Date.prototype.getTime;
  const isDetached = getter(ArrayBuffer.prototype, 'detached');
  const isResizable = getter(ArrayBuffer.prototype, 'resizable');
  const maxLength = getter(ArrayBuffer.prototype, 'maxByteLength');
  const { transfer, slice } = ArrayBuffer.prototype;
  const mapEach = Map.prototype.forEach, setEach = Set.prototype.forEach;
  const source = getter(RegExp.prototype, 'source'), flags = getter(RegExp.prototype, 'flags');
  const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

  const refuse = (what) => {
    throw new DOMException(`${what} cannot be cloned`, 'DataCloneError');
  };

  const nameOf = (value) => {
    if (typeof value === 'function') return 'a function';
    const { constructor } = Object.getPrototypeOf(value) ?? {};
    return `an object of the class ${typeof constructor === 'function' ? constructor.name : 'unknown'}`;
  };

  // ---- to nodes ----

  class Node {
    constructor(kind, value) {
      this.kind = kind;
      this.value = value;
      // Further values of the kind.
      this.list = undefined;
      this.made = undefined;
    }
  }

  const serialize = (value, memory) => {
    if (!isObject(value)) {
      if (typeof value === 'symbol') refuse('a symbol');
      return value;
    }
    const known = memory.get(value);
    if (known !== undefined) return known;
    if (typeof value === 'function') refuse(nameOf(value));
    for (let i = 0; i < serializable.length; i++) {
      if (serializable[i].is(value)) {
        const node = new Node('platform', serializable[i].copy(value));
        memory.set(value, node);
        return node;
      }
    }
    let kind = KINDS.get(kindOf(value));
    // The arguments of a sloppy function are of a kind of their own.
    if (kind === undefined && Object.prototype.toString.call(value) === '[object Arguments]') kind = 'plain';
    if (kind === undefined || isExposed(value)) refuse(nameOf(value));
    const node = new Node(kind, undefined);
    memory.set(value, node);
    writers[kind](node, value, memory);
    return node;
  };

  const properties = (node, value, memory) => {
    const keys = Object.keys(value), list = node.list = [];
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      // A getter can have removed it.
      if (i > 0 && !Object.prototype.propertyIsEnumerable.call(value, key)) continue;
      list.push(key, serialize(value[key], memory));
    }
  };

  const writers = {
    __proto__: null,
    plain: properties,
    array(node, value, memory) {
      node.value = value.length;
      properties(node, value, memory);
    },
    boxed(node, value) { node.value = Object(unbox(value)); },
    date(node, value) { node.value = getTime.call(value); },
    regexp(node, value) { node.value = [source.call(value), flags.call(value)]; },
    map(node, value, memory) {
      const pairs = [];
      mapEach.call(value, (item, key) => { pairs.push(key, item); });
      node.list = pairs.map((part) => serialize(part, memory));
    },
    set(node, value, memory) {
      const items = [];
      setEach.call(value, (item) => { items.push(item); });
      node.list = items.map((part) => serialize(part, memory));
    },
    buffer(node, value) {
      if (isDetached.call(value)) refuse('a detached ArrayBuffer');
      if (isResizable.call(value)) {
        const copy = new ArrayBuffer(value.byteLength, { maxByteLength: maxLength.call(value) });
        new Uint8Array(copy).set(new Uint8Array(value));
        node.value = copy;
      } else {
        node.value = slice.call(value, 0);
      }
    },
    view(node, value, memory) {
      const name = typedName.call(value) ?? 'DataView';
      const read = name === 'DataView' ? ofDataView : ofTyped;
      const buffer = read[0].call(value);
      let place;
      try {
        place = [read[1].call(value), read[2].call(value)];
        if (name !== 'DataView' && isOut(value, buffer)) refuse('a view that is out of bounds');
      } catch {
        refuse('a view that is out of bounds');
      }
      node.value = [name, ...place];
      node.list = serialize(buffer, memory);
    },
    error(node, value, memory) {
      const { name } = value;
      const text = name === undefined ? 'Error' : `${name}`;
      const message = Object.getOwnPropertyDescriptor(value, 'message');
      const { stack } = value;
      node.value = [
        text,
        message === undefined || !('value' in message) ? undefined : `${message.value}`,
        typeof stack === 'string' ? stack : undefined,
      ];
      const cause = Object.getOwnPropertyDescriptor(value, 'cause');
      if (cause !== undefined && 'value' in cause) node.list = [serialize(cause.value, memory)];
    },
    exception(node, value) {
      node.value = [value.message, value.name, Object.getOwnPropertyDescriptor(value, 'stack')?.value];
    },
  };

  const unbox = (value) => {
    for (const prototype of [Number.prototype, String.prototype, Boolean.prototype, BigInt.prototype]) {
      try {
        return prototype.valueOf.call(value);
      } catch { /* It is of another kind. */ }
    }
    return refuse('an object');
  };

  // Whether a typed array has lost its place in a buffer that shrank.
  const isOut = (value, buffer) =>
    ofTyped[2].call(value) === 0 && ofTyped[1].call(value) === 0 && isResizable.call(buffer) && (() => {
      try { typed.fill.call(value, 0, 0, 0); return false; } catch { return true; }
    })();

  // ---- from nodes ----

  const make = (node) => {
    if (!(node instanceof Node)) return node;
    return node.made ?? readers[node.kind](node);
  };

  const set = (object, key, value) => {
    Object.defineProperty(object, key, {
      __proto__: null, value, writable: true, enumerable: true, configurable: true,
    });
  };

  const fill = (node, object) => {
    node.made = object;
    const { list } = node;
    for (let i = 0; i < list.length; i += 2) set(object, list[i], make(list[i + 1]));
    return object;
  };

  const conceal = (object, key, value) => {
    Object.defineProperty(object, key, { __proto__: null, value, writable: true, configurable: true });
  };

  const readers = {
    __proto__: null,
    plain: (node) => fill(node, {}),
    array: (node) => fill(node, new Array(node.value)),
    boxed: (node) => (node.made = node.value),
    date: (node) => (node.made = new Date(node.value)),
    regexp: (node) => (node.made = new RegExp(...node.value)),
    map(node) {
      const map = node.made = new Map(), { list } = node;
      for (let i = 0; i < list.length; i += 2) map.set(make(list[i]), make(list[i + 1]));
      return map;
    },
    set(node) {
      const made = node.made = new Set();
      for (const item of node.list) made.add(make(item));
      return made;
    },
    buffer: (node) => (node.made = node.value),
    view(node) {
      const { 0: name, 1: offset, 2: length } = node.value;
      return (node.made = new (CONSTRUCTORS.get(name))(make(node.list), offset, length));
    },
    error(node) {
      const { 0: name, 1: message, 2: stack } = node.value;
      const Class = Object.hasOwn(ERRORS, name) ? ERRORS[name] : Error;
      const error = node.made = new Class();
      if (message !== undefined) conceal(error, 'message', message);
      if (stack !== undefined) conceal(error, 'stack', stack);
      if (node.list !== undefined) conceal(error, 'cause', make(node.list[0]));
      return error;
    },
    exception(node) {
      const made = node.made = new DOMException(node.value[0], node.value[1]);
      if (typeof node.value[2] === 'string') conceal(made, 'stack', node.value[2]);
      return made;
    },
    platform: (node) => (node.made = node.value()),
  };

  // ---- transfer ----

  // Serializes a value. Returns a function that makes the copies: the value and the transferred
  // objects.
  const serializeWith = (value, list) => {
    const memory = new Map(), nodes = [];
    const { isPort, detach, attach } = list.length > 0 ? use('messaging') : {};
    for (const object of list) {
      const isBuffer = isObject(object) && kindOf(object) === BUFFER;
      if (!isBuffer && !(isObject(object) && isPort(object))) refuse('a value that cannot be transferred');
      if (memory.has(object)) {
        throw new DOMException('an object is in the transfer list twice', 'DataCloneError');
      }
      const node = new Node(isBuffer ? 'buffer' : 'platform', undefined);
      memory.set(object, node);
      nodes.push(node);
    }
    const root = serialize(value, memory);
    list.forEach((object, i) => {
      const isBuffer = nodes[i].kind === 'buffer';
      if (isBuffer ? isDetached.call(object) : use('messaging').isDetached(object)) {
        refuse('a detached object');
      }
    });
    list.forEach((object, i) => {
      if (nodes[i].kind === 'buffer') {
        nodes[i].value = transfer.call(object);
      } else {
        const held = detach(object);
        nodes[i].value = () => attach(held);
      }
    });
    return () => ({ value: make(root), transferred: nodes.map(make) });
  };
  const BUFFER = kindOf(new ArrayBuffer(0));

  // The transfer list of the second argument, which is a list or options.
  const transferList = (options, isListAllowed) => {
    if (isListAllowed && isObject(options) && options[Symbol.iterator] !== undefined) {
      return sequence(options, 'the transfer list');
    }
    const { transfer: list } = dictionary(options, 'the options');
    return list === undefined ? [] : sequence(list, 'the transfer list');
  };

  function structuredClone(value, options = undefined) {
    need(arguments.length, 1, 'structuredClone');
    return serializeWith(value, transferList(options, false))().value;
  }

  return { structuredClone, serializeWith, transferList };
})
