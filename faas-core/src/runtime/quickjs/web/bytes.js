// Text and bytes, for other parts.
(function (use, native) {
  'use strict';
  const { encode, decode, latin1 } = native;
  const typed = Object.getPrototypeOf(Uint8Array.prototype);
  const getter = (object, name) => Object.getOwnPropertyDescriptor(object, name).get;
  const dataView = [DataView.prototype, typed].map((prototype) =>
    ['buffer', 'byteOffset', 'byteLength'].map((name) => getter(prototype, name)));
  const length = getter(ArrayBuffer.prototype, 'byteLength');
  const { isView } = ArrayBuffer;
  const isTyped = getter(typed, Symbol.toStringTag);

  // The bytes of a buffer or of a view, not a copy; `undefined` for anything else.
  const bytesOf = (value) => {
    if (isView(value)) {
      const read = dataView[isTyped.call(value) === undefined ? 0 : 1];
      return new Uint8Array(read[0].call(value), read[1].call(value), read[2].call(value));
    }
    if (typeof value !== 'object' || value === null) return undefined;
    try {
      length.call(value);
    } catch {
      return undefined;
    }
    return new Uint8Array(value);
  };

  const isUint8Array = (value) => isView(value) && isTyped.call(value) === 'Uint8Array';

  return {
    // The UTF-8 of a text without lone surrogates.
    encode,
    // The text of UTF-8, without a byte order mark.
    decode,
    // A text with a character for each byte.
    latin1,
    bytesOf,
    isUint8Array,
  };
})
