// Replaces the few builtins with which plain JavaScript can end the process, or get hold of the
// platform's own functions. Runs before user code.
//
// - `Error.stackTraceLimit` and `Error.prepareStackTrace`: QuickJS keeps or loses references to
//   values that are neither a number nor a function, and lists the platform's frames. The stack of
//   a `DOMException` lists them too.
// - `next` of iterator helpers: nested helpers recurse natively, without a check of the stack.
// - `bind` and `Proxy`: `instanceof` and `Reflect.construct` follow a chain of bound functions and
//   proxies natively, without a check of the stack. So the length of such a chain is bounded.
// - `WeakRef`: QuickJS lets go of a target within the job that has just seen it.
//
// Evaluates to a function that installs the guards and returns what `main.js` needs of them.
(function () {
  'use strict';
  const { apply, construct } = Reflect;
  const { getPrototypeOf, getOwnPropertyDescriptor, defineProperty } = Object;
  const { indexOf, slice } = String.prototype;
  const ErrorClass = Error, TypeErrorClass = TypeError, RangeErrorClass = RangeError;
  const PLATFORM = '<platform>', IN_PLATFORM = ' (<platform>', IN_ENGINE = ' (native)';

  const isObject = (value) =>
    (typeof value === 'object' && value !== null) || typeof value === 'function';

  const replace = (object, name, value) => defineProperty(object, name, { __proto__: null, value });

  // Functions without a prototype, named as their keys, as builtin functions are.
  const replaceAll = (object, functions) => {
    for (const name in functions) replace(object, name, functions[name]);
  };

  // Arrays of our own are filled with this: it does not look at `Array.prototype`.
  const put = (array, value) =>
    defineProperty(array, array.length, {
      __proto__: null, value, writable: true, enumerable: true, configurable: true,
    });

  // ---- stacks ----

  const contains = (text, part) => apply(indexOf, text, [part]) >= 0;

  // Rewrites the places in a stack, once the program has source maps.
  let mapStack = (stack) => stack;
  const useMaps = (rewrite) => { mapStack = rewrite; };

  // A stack with the user's places, without the platform's frames, and without those of builtins
  // that the platform called.
  const cleanStack = (stack) => {
    if (typeof stack !== 'string') return stack;
    if (!contains(stack, IN_PLATFORM)) return mapStack(stack);
    let text = '', natives = '', start = 0;
    while (start < stack.length) {
      let end = apply(indexOf, stack, ['\n', start]) + 1;
      if (end === 0) end = stack.length;
      const line = apply(slice, stack, [start, end]);
      start = end;
      if (contains(line, IN_PLATFORM)) {
        natives = '';
      } else if (contains(line, IN_ENGINE)) {
        natives += line;
      } else {
        text += natives + line;
        natives = '';
      }
    }
    return mapStack(text + natives);
  };

  const nativeStack = getOwnPropertyDescriptor(ErrorClass.prototype, 'stack').get;
  defineProperty(ErrorClass.prototype, 'stack', {
    __proto__: null,
    get: getOwnPropertyDescriptor({
      get stack() { return cleanStack(apply(nativeStack, this, [])); },
    }, 'stack').get,
  });

  const setLimit = getOwnPropertyDescriptor(ErrorClass, 'stackTraceLimit').set;
  const setPrepare = getOwnPropertyDescriptor(ErrorClass, 'prepareStackTrace').set;
  const nativeCapture = ErrorClass.captureStackTrace;

  let frame;
  apply(setPrepare, ErrorClass, [(_, frames) => { frame = frames[0]; }]);
  new ErrorClass();
  apply(setPrepare, ErrorClass, [undefined]);
  const callSite = getPrototypeOf(frame);
  frame = undefined;
  const fileName = callSite.getFileName, isNative = callSite.isNative;
  replaceAll(callSite, { getFunction() {} });

  let limit = 10, prepare, subject, capture;

  const prepareStack = (error, frames) => {
    const shown = [];
    for (let i = frames.length - 1, calledByUs = false; i >= 0; i--) {
      const site = frames[i];
      if (apply(fileName, site, []) === PLATFORM) {
        calledByUs = true;
      } else if (!calledByUs || !apply(isNative, site, [])) {
        calledByUs = false;
        put(shown, site);
      }
    }
    for (let i = 0, j = shown.length - 1; i < j; i++, j--) {
      const site = shown[i];
      shown[i] = shown[j];
      shown[j] = site;
    }
    return apply(prepare, ErrorClass, [error === capture ? subject : error, shown]);
  };

  const settings = {
    get stackTraceLimit() { return limit; },
    set stackTraceLimit(value) {
      limit = value;
      apply(setLimit, ErrorClass, [typeof value === 'number' ? value : 0]);
    },
    get prepareStackTrace() { return prepare; },
    set prepareStackTrace(value) {
      prepare = value;
      apply(setPrepare, ErrorClass, [typeof value === 'function' ? prepareStack : undefined]);
    },
  };
  for (const name in settings) {
    const { get, set } = getOwnPropertyDescriptor(settings, name);
    defineProperty(ErrorClass, name, { __proto__: null, get, set });
  }

  const { captureStackTrace } = {
    captureStackTrace(target, above) {
      if (!isObject(target)) throw new TypeErrorClass('not an object');
      const outer = capture, outerSubject = subject;
      const own = { __proto__: null };
      capture = own;
      subject = target;
      try {
        nativeCapture(own, typeof above === 'function' ? above : captureStackTrace);
      } finally {
        capture = outer;
        subject = outerSubject;
      }
      defineProperty(target, 'stack', {
        __proto__: null, value: cleanStack(own.stack), writable: true, configurable: true,
      });
    },
  };
  replace(ErrorClass, 'captureStackTrace', captureStackTrace);

  // ---- iterators: a function of JavaScript's at each level, whose call checks the stack ----

  const guardNext = (prototype) => {
    const nativeNext = prototype.next;
    replaceAll(prototype, { next() { return apply(nativeNext, this, []); } });
  };
  const nothing = { next() {} };
  guardNext(getPrototypeOf(apply(Iterator.prototype.drop, nothing, [0])));
  guardNext(getPrototypeOf(Iterator.from(nothing)));

  // ---- chains of bound functions and proxies ----

  const MAX_CHAIN = 10000;
  const same = function (object) { return object; };

  // A private field of an object that is not ours: nobody else can see or change it.
  class Chain extends same {
    #length;
    constructor(object, length) {
      super(object);
      this.#length = length;
    }
    static next(target) {
      const length = isObject(target) && #length in target ? target.#length : 0;
      if (length >= MAX_CHAIN) throw new RangeErrorClass('Maximum call stack size exceeded');
      return length + 1;
    }
  }
  const next = Chain.next;

  const nativeBind = Function.prototype.bind;
  replaceAll(Function.prototype, {
    bind(_) {
      const length = next(this);
      return new Chain(apply(nativeBind, this, arguments), length);
    },
  });

  const NativeProxy = Proxy, { revocable } = Proxy;
  // A bound function can be constructed and has no prototype, as `Proxy`.
  const GuardedProxy = apply(nativeBind, function (target, handler) {
    if (new.target === undefined) throw new TypeErrorClass("must be called with 'new'");
    const length = next(target);
    return new Chain(construct(NativeProxy, [target, handler]), length);
  }, [undefined]);
  replace(GuardedProxy, 'name', 'Proxy');
  replaceAll(GuardedProxy, { length: 2 });
  defineProperty(GuardedProxy, 'revocable', {
    __proto__: null, writable: true, configurable: true,
    value: {
      revocable(target, handler) {
        const length = next(target);
        const made = revocable(target, handler);
        new Chain(made.proxy, length);
        return made;
      },
    }.revocable,
  });
  replace(globalThis, 'Proxy', GuardedProxy);

  // ---- DOMException: its stack is a property of its own ----

  const GuardedException = new NativeProxy(DOMException, {
    __proto__: null,
    construct(target, values, newTarget) {
      const made = construct(target, values, newTarget);
      const stack = getOwnPropertyDescriptor(made, 'stack');
      if (stack !== undefined) replace(made, 'stack', cleanStack(stack.value));
      return made;
    },
  });
  replace(DOMException.prototype, 'constructor', GuardedException);
  replace(globalThis, 'DOMException', GuardedException);

  // ---- weak references: a target that a job has seen lives until that job has ended ----

  const NativeWeakRef = WeakRef;
  const nativeDeref = NativeWeakRef.prototype.deref;
  let kept = null;
  const keep = (target) => { kept = { __proto__: null, target, next: kept }; };
  const release = () => { kept = null; };

  replaceAll(NativeWeakRef.prototype, {
    deref() {
      const target = apply(nativeDeref, this, []);
      if (target !== undefined && (kept === null || kept.target !== target)) keep(target);
      return target;
    },
  });
  const GuardedWeakRef = function WeakRef(target) {
    if (new.target === undefined) throw new TypeErrorClass("must be called with 'new'");
    const made = construct(NativeWeakRef, [target], new.target);
    keep(target);
    return made;
  };
  defineProperty(GuardedWeakRef, 'prototype', {
    __proto__: null, value: NativeWeakRef.prototype, writable: false,
  });
  replace(NativeWeakRef.prototype, 'constructor', GuardedWeakRef);
  replace(globalThis, 'WeakRef', GuardedWeakRef);

  return { put, cleanStack, release, useMaps };
})
