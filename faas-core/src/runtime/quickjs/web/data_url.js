// `data:` URLs, as the Fetch standard processes them.
(function (use) {
  'use strict';
  const mime = use('mime');
  const { encode } = use('bytes');

  // The bytes that a text with `%` escapes stands for.
  const unescaped = (text) => {
    const bytes = encode(text);
    let length = 0;
    for (let i = 0; i < bytes.length; i++) {
      let byte = bytes[i];
      if (byte === 0x25 && i + 2 < bytes.length) {
        const digits = String.fromCharCode(bytes[i + 1], bytes[i + 2]);
        if (/^[0-9a-f]{2}$/i.test(digits)) {
          byte = parseInt(digits, 16);
          i += 2;
        }
      }
      bytes[length++] = byte;
    }
    return bytes.subarray(0, length);
  };

  // The bytes that Base64 stands for; `null` if it is not valid.
  const decoded = (base64) => {
    let text = '', binary;
    for (const byte of base64) text += String.fromCharCode(byte);
    try {
      binary = use('base64').atob(text);
    } catch {
      return null;
    }
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  };

  // `{ bytes, type }` of a URL that begins with `data:` as the URL standard serializes it; `null` if
  // it has no comma or its Base64 is not valid.
  const read = (url) => {
    const hash = url.indexOf('#'), whole = hash < 0 ? url : url.slice(0, hash);
    const comma = whole.indexOf(',');
    if (comma < 0) return null;
    let type = whole.slice('data:'.length, comma).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '');
    let bytes = unescaped(whole.slice(comma + 1));
    const isBase64 = /; *base64$/i.exec(type);
    if (isBase64 !== null) {
      bytes = decoded(bytes);
      if (bytes === null) return null;
      type = type.slice(0, isBase64.index);
    }
    if (type.startsWith(';')) type = `text/plain${type}`;
    const parsed = mime.parse(type);
    return { bytes, type: parsed === null ? 'text/plain;charset=US-ASCII' : mime.serialize(parsed) };
  };

  return { read };
})
