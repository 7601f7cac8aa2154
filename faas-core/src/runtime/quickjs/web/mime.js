// MIME types, as the MIME Sniffing standard parses and serializes them.
(function () {
  'use strict';
  const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
  const trim = (text) => text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');

  // A quoted string that begins at `place`, and where it ends.
  const quoted = (text, place) => {
    let value = '', i = place + 1;
    for (; i < text.length && text[i] !== '"'; i++) {
      if (text[i] === '\\' && i + 1 < text.length) i++;
      value += text[i];
    }
    return [value, i + 1];
  };

  // `{ essence, parameters }`, or `null`.
  const parse = (input) => {
    const text = trim(input);
    let end = text.indexOf(';');
    if (end < 0) end = text.length;
    const { 0: type, 1: subtype, length } = text.slice(0, end).trimEnd().split('/');
    if (length !== 2 || !TOKEN.test(type) || !TOKEN.test(subtype)) return null;
    const parameters = new Map();
    while (end < text.length) {
      let i = end + 1;
      while (i < text.length && /[\t\n\r ]/.test(text[i])) i++;
      const start = i;
      while (i < text.length && text[i] !== ';' && text[i] !== '=') i++;
      const name = text.slice(start, i).toLowerCase();
      if (i < text.length && text[i] === ';') { end = i; continue; }
      if (i >= text.length) break;
      let value;
      i++;
      if (text[i] === '"') {
        ({ 0: value, 1: i } = quoted(text, i));
        while (i < text.length && text[i] !== ';') i++;
      } else {
        const from = i;
        while (i < text.length && text[i] !== ';') i++;
        value = text.slice(from, i).replace(/[\t\n\r ]+$/, '');
        if (value === '') { end = i; continue; }
      }
      end = i;
      if (TOKEN.test(name) && VALUE.test(value) && !parameters.has(name)) parameters.set(name, value);
    }
    return { essence: `${type}/${subtype}`.toLowerCase(), parameters };
  };

  const serialize = ({ essence, parameters }) => {
    let text = essence;
    for (const { 0: name, 1: value } of parameters) {
      text += `;${name}=${TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`;
    }
    return text;
  };

  // Splits the combined values of a header at commas outside of quotes.
  const split = (text) => {
    const values = [];
    let start = 0;
    for (let i = 0; i <= text.length; i++) {
      if (text[i] === '"') i = quoted(text, i)[1] - 1;
      if (i >= text.length || text[i] === ',') {
        values.push(text.slice(start, i));
        start = i + 1;
      }
    }
    return values;
  };

  // The MIME type that a `Content-Type` header has, or `null`.
  const extract = (header) => {
    if (header === null) return null;
    let found = null, essence, charset = null;
    for (const value of split(header)) {
      const type = parse(value);
      if (type === null || type.essence === '*/*') continue;
      found = type;
      if (type.essence !== essence) {
        charset = type.parameters.get('charset') ?? null;
        essence = type.essence;
      } else if (!type.parameters.has('charset') && charset !== null) {
        type.parameters.set('charset', charset);
      }
    }
    return found;
  };

  return { parse, serialize, extract };
})
