// Text and bytes, for other parts.
(function (use, native) {
  'use strict';
  const { encode, decode, latin1, utf8, base64, unbase64 } = native;
  const { isBufferSource, bytesOf, typedArrayName } = use('idl');

  return {
    // The UTF-8 of a text without lone surrogates.
    encode,
    // The text of UTF-8, without a byte order mark.
    decode,
    // The text of UTF-8 as it is; `undefined` for other bytes.
    utf8,
    // Base64 of bytes, and the bytes of Base64; `undefined` for a text that is none.
    base64,
    unbase64,
    // A text with a character for each byte.
    latin1,
    // The bytes of a buffer or of a view, not a copy; `undefined` for anything else.
    bytesOf: (value) => (isBufferSource(value) ? bytesOf(value) : undefined),
    isUint8Array: (value) => typedArrayName(value) === 'Uint8Array',
  };
})
