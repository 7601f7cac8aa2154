// Text and bytes, for other parts.
(function (use, native) {
  'use strict';
  const { encode, decode, latin1 } = native;
  const { isBufferSource, bytesOf, typedArrayName } = use('idl');

  return {
    // The UTF-8 of a text without lone surrogates.
    encode,
    // The text of UTF-8, without a byte order mark.
    decode,
    // A text with a character for each byte.
    latin1,
    // The bytes of a buffer or of a view, not a copy; `undefined` for anything else.
    bytesOf: (value) => (isBufferSource(value) ? bytesOf(value) : undefined),
    isUint8Array: (value) => typedArrayName(value) === 'Uint8Array',
  };
})
