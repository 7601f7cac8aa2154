// `Blob` and `File`, whose bytes are in memory. Slices and copies share them.
(function (use, native, platform) {
  'use strict';
  const { expose, need, dictionary, sequence, usv } = use('idl');
  const { encode, decode, bytesOf } = use('bytes');

  const CHUNK = 65536;
  let dataOf, share, isBlob, isFile;

  const typeOf = (type) => {
    const text = `${type}`;
    return /[^\x20-\x7e]/.test(text) ? '' : text.toLowerCase();
  };

  // A number as `[Clamp] long long`.
  const clamp = (value) => {
    const number = Number(value);
    if (Number.isNaN(number)) return 0;
    return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.round(number)));
  };

  const join = (parts) => {
    if (parts.length === 1) return parts[0];
    let length = 0;
    for (const part of parts) length += part.length;
    const bytes = new Uint8Array(length);
    let place = 0;
    for (const part of parts) {
      bytes.set(part, place);
      place += part.length;
    }
    return bytes;
  };

  class Blob {
    #bytes;
    #type;

    constructor(blobParts = undefined, options = undefined) {
      const parts = blobParts === undefined ? [] : sequence(
        blobParts, 'the list of the parts of a Blob',
        (part) => (isBlob(part) ? part.#bytes : bytesOf(part)?.slice() ?? usv(part)),
      );
      const { endings = 'transparent', type = '' } = dictionary(options, 'the options of a Blob');
      const ending = `${endings}`;
      if (ending !== 'transparent' && ending !== 'native') {
        throw new TypeError('endings must be transparent or native');
      }
      this.#type = typeOf(type);
      this.#bytes = join(parts.map((part) => (typeof part !== 'string'
        ? part : encode(ending === 'native' ? part.replace(/\r\n?/g, '\n') : part))));
    }

    static {
      isBlob = (value) => typeof value === 'object' && value !== null && #bytes in value;
      dataOf = (blob) => blob.#bytes;
      share = (blob, bytes, type) => {
        blob.#bytes = bytes;
        blob.#type = type;
        return blob;
      };
    }

    get size() { return this.#bytes.length; }
    get type() { return this.#type; }

    slice(start = undefined, end = undefined, contentType = undefined) {
      const { length } = this.#bytes;
      const place = (value, otherwise) => {
        if (value === undefined) return otherwise;
        const number = clamp(value);
        return number < 0 ? Math.max(length + number, 0) : Math.min(number, length);
      };
      const from = place(start, 0), to = place(end, length);
      const type = contentType === undefined ? '' : typeOf(contentType);
      return share(new Blob(), this.#bytes.subarray(from, Math.max(from, to)), type);
    }

    stream() {
      const bytes = this.#bytes;
      const { ReadableStream } = use('streams');
      let place = 0;
      return new ReadableStream({
        type: 'bytes',
        pull(controller) {
          const request = controller.byobRequest;
          const size = request === null ? CHUNK : request.view.byteLength;
          const chunk = bytes.slice(place, place + size);
          place += chunk.length;
          if (chunk.length === 0) {
            controller.close();
            request?.respond(0);
          } else if (request === null) {
            controller.enqueue(chunk);
          } else {
            new Uint8Array(request.view.buffer, request.view.byteOffset).set(chunk);
            request.respond(chunk.length);
          }
        },
      }, { highWaterMark: 0 });
    }

    async text() { return decode(this.#bytes); }
    async arrayBuffer() { return this.#bytes.slice().buffer; }
    async bytes() { return this.#bytes.slice(); }
  }
  expose(Blob);

  class File extends Blob {
    #name;
    #lastModified;
    constructor(fileBits, fileName, options = undefined) {
      need(arguments.length, 2, 'File');
      const name = usv(fileName);
      super(fileBits, options);
      if (fileBits === undefined) throw new TypeError('the parts of a File must be iterable');
      const { lastModified } = dictionary(options, 'the options of a File');
      this.#name = name;
      this.#lastModified = lastModified === undefined ? Date.now() : Math.trunc(Number(lastModified)) || 0;
    }
    static { isFile = (value) => isBlob(value) && #name in value; }
    get name() { return this.#name; }
    get lastModified() { return this.#lastModified; }
  }
  expose(File);

  // A file with the bytes of a blob.
  const toFile = (blob, name, lastModified) => {
    const file = new File([], name, lastModified === undefined ? {} : { lastModified });
    return share(file, dataOf(blob), blob.type);
  };

  (platform.serializable ??= []).push({
    is: isBlob,
    copy: (blob) => (isFile(blob)
      ? () => toFile(blob, blob.name, blob.lastModified)
      : () => share(new Blob(), dataOf(blob), blob.type)),
  });

  return { Blob, File, isBlob, isFile, dataOf, toFile, join };
})
