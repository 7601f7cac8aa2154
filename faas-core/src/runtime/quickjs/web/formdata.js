// `FormData`, and its encoding as `multipart/form-data`.
(function (use) {
  'use strict';
  const { expose, need, usv, iterable } = use('idl');
  const { Blob, File, isBlob, isFile, toFile, dataOf } = use('blob');
  const { encode, decode, latin1 } = use('bytes');

  let entriesOf, isFormData;

  class FormData {
    #entries = [];

    constructor(form = undefined, submitter = undefined) {
      if (form !== undefined) throw new TypeError('there are no forms to make FormData of');
    }

    static {
      entriesOf = (form) => form.#entries;
      isFormData = (value) => typeof value === 'object' && value !== null && #entries in value;
    }

    append(name, value, filename = undefined) {
      this.#entries;
      need(arguments.length, 2, 'append');
      this.#entries.push(entry(name, value, filename, arguments.length));
    }

    delete(name) {
      this.#entries;
      need(arguments.length, 1, 'delete');
      const text = usv(name);
      this.#entries = this.#entries.filter((pair) => pair[0] !== text);
    }

    get(name) {
      this.#entries;
      need(arguments.length, 1, 'get');
      const text = usv(name);
      return this.#entries.find((pair) => pair[0] === text)?.[1] ?? null;
    }

    getAll(name) {
      this.#entries;
      need(arguments.length, 1, 'getAll');
      const text = usv(name);
      return this.#entries.filter((pair) => pair[0] === text).map((pair) => pair[1]);
    }

    has(name) {
      this.#entries;
      need(arguments.length, 1, 'has');
      const text = usv(name);
      return this.#entries.some((pair) => pair[0] === text);
    }

    set(name, value, filename = undefined) {
      this.#entries;
      need(arguments.length, 2, 'set');
      const made = entry(name, value, filename, arguments.length);
      const first = this.#entries.findIndex((pair) => pair[0] === made[0]);
      if (first < 0) return void this.#entries.push(made);
      this.#entries = this.#entries.filter((pair, i) => i <= first || pair[0] !== made[0]);
      this.#entries[first] = made;
    }
  }
  Object.defineProperty(FormData, 'length', { value: 0, configurable: true });
  iterable(FormData, 'FormData', (form, index) => entriesOf(form)[index]);
  expose(FormData);

  const entry = (name, value, filename, count) => {
    const text = usv(name);
    if (!isBlob(value)) {
      if (count > 2) throw new TypeError('only a Blob can have a file name');
      return [text, usv(value)];
    }
    const chosen = count > 2 && filename !== undefined ? usv(filename) : undefined;
    if (isFile(value) && chosen === undefined) return [text, value];
    return [text, toFile(value, chosen ?? 'blob', isFile(value) ? value.lastModified : undefined)];
  };

  // ---- encoding ----

  const crlf = (text) => text.replace(/\r\n?|\n/g, '\r\n');
  const escape = (name) => name.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');

  // `[Blob, content type]` of a form.
  const toMultipart = (form) => {
    let boundary = '----formdata-';
    for (let i = 0; i < 4; i++) boundary += Math.random().toString(36).slice(2, 10).padEnd(8, '0');
    const parts = [];
    for (const { 0: name, 1: value } of entriesOf(form)) {
      let head = `--${boundary}\r\nContent-Disposition: form-data; name="${escape(crlf(name))}"`;
      if (typeof value === 'string') {
        parts.push(`${head}\r\n\r\n${crlf(value)}\r\n`);
      } else {
        head += `; filename="${escape(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`;
        parts.push(head, value, '\r\n');
      }
    }
    parts.push(`--${boundary}--\r\n`);
    return [new Blob(parts), `multipart/form-data; boundary=${boundary}`];
  };

  // ---- parsing ----

  const fail = (why) => { throw new TypeError(`the body is not multipart/form-data: ${why}`); };

  const unescape = (text) => text.replace(/%0A/gi, '\n').replace(/%0D/gi, '\r').replace(/%22/g, '"');

  // The headers of a part, with lower-case names.
  const headersOf = (text) => {
    const headers = new Map();
    for (const line of text.split('\r\n')) {
      if (line === '') continue;
      const colon = line.indexOf(':');
      if (colon <= 0) fail('a header of a part has no colon');
      headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
    return headers;
  };

  // A parameter of `Content-Disposition`.
  const parameter = (disposition, name) => {
    const found = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\s]*))`, 'i').exec(disposition);
    return found === null ? undefined : unescape(decode(encodeLatin1(found[1] ?? found[2])));
  };

  const encodeLatin1 = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

  const fromMultipart = (bytes, boundary) => {
    const form = new FormData(), text = latin1(bytes);
    const delimiter = `--${latin1(encode(boundary))}`;
    let place = text.startsWith(delimiter) ? 0 : text.indexOf(`\r\n${delimiter}`);
    if (place < 0) fail('it has no boundary');
    if (place > 0) place += 2;
    place += delimiter.length;
    for (;;) {
      if (text.startsWith('--', place)) return form;
      if (!text.startsWith('\r\n', place)) fail('a boundary does not end its line');
      // A part without headers begins with an empty line.
      let end = text.indexOf('\r\n\r\n', place);
      if (end < 0) fail('the headers of a part do not end');
      const headers = headersOf(text.slice(place + 2, end));
      const from = end + 4;
      end = text.indexOf(`\r\n${delimiter}`, from);
      if (end < 0) fail('a part does not end');
      const disposition = headers.get('content-disposition');
      if (disposition === undefined || !/^form-data\b/i.test(disposition)) {
        fail('a part has no Content-Disposition: form-data');
      }
      const name = parameter(disposition, 'name');
      if (name === undefined) fail('a part has no name');
      const filename = parameter(disposition, 'filename');
      const value = bytes.slice(from, end);
      if (filename === undefined) {
        form.append(name, decodeKeepingMark(value));
      } else {
        const type = headers.get('content-type') ?? 'text/plain';
        form.append(name, new File([value], filename, { type }));
      }
      place = end + 2 + delimiter.length;
    }
  };

  // `decode` drops a byte order mark, which belongs to the value of a field.
  const decodeKeepingMark = (bytes) =>
    (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? '\ufeff' : '') + decode(bytes);

  return { FormData, isFormData, toMultipart, fromMultipart, dataOf };
})
