// `FileReader`. Its events are tasks, as timers are.
(function (use, native, platform) {
  'use strict';
  const { expose, constants, need } = use('idl');
  const { EventTarget, ProgressEvent, fire, handlers } = use('events');
  const { isBlob, dataOf } = use('blob');
  const { decode, latin1 } = use('bytes');

  const EMPTY = 0, LOADING = 1, DONE = 2;

  const charset = (type) => {
    const parsed = use('mime').parse(type);
    return parsed === null ? undefined : parsed.parameters.get('charset');
  };

  // The text of bytes. A byte order mark decides before the names of encodings.
  const textOf = (bytes, label, type) => {
    const { TextDecoder } = use('encoding');
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return decode(bytes);
    if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
    for (const name of [label, charset(type)]) {
      if (name === undefined) continue;
      try {
        return new TextDecoder(name).decode(bytes);
      } catch { /* The name is unknown: the next one. */ }
    }
    return decode(bytes);
  };

  class FileReader extends EventTarget {
    #state = EMPTY;
    #result = null;
    #error = null;
    // The reading in progress: another one, or `abort`, ends it.
    #reading = null;

    get readyState() { return this.#state; }
    get result() { return this.#result; }
    get error() { return this.#error; }

    readAsArrayBuffer(blob) {
      this.#read('readAsArrayBuffer', arguments.length, blob, (bytes) => bytes.slice().buffer);
    }
    readAsBinaryString(blob) {
      this.#read('readAsBinaryString', arguments.length, blob, latin1);
    }
    readAsText(blob, encoding = undefined) {
      const label = encoding === undefined ? undefined : `${encoding}`;
      this.#read('readAsText', arguments.length, blob, (bytes, type) => textOf(bytes, label, type));
    }
    readAsDataURL(blob) {
      this.#read('readAsDataURL', arguments.length, blob, (bytes, type) =>
        `data:${type === '' ? 'application/octet-stream' : type};base64,${use('base64').btoa(latin1(bytes))}`);
    }

    abort() {
      if (this.#state !== LOADING) {
        this.#result = null;
        return;
      }
      this.#state = DONE;
      this.#result = null;
      this.#reading = null;
      this.#fire('abort');
      if (this.#state !== LOADING) this.#fire('loadend');
    }

    #fire(type, loaded = 0, total = 0) {
      fire(this, new ProgressEvent(type, { lengthComputable: total > 0, loaded, total }));
    }

    #read(name, count, blob, convert) {
      this.#state;
      need(count, 1, name);
      if (!isBlob(blob)) throw new TypeError(`${name} needs a Blob`);
      if (this.#state === LOADING) {
        throw new DOMException('the reader is reading already', 'InvalidStateError');
      }
      this.#state = LOADING;
      this.#result = null;
      this.#error = null;
      const reading = this.#reading = {}, bytes = dataOf(blob), total = bytes.length;
      const task = (work) => platform.start(() => { if (this.#reading === reading) work(); }, 0);
      task(() => {
        this.#fire('loadstart', 0, total);
        task(() => {
          if (total > 0) this.#fire('progress', total, total);
          task(() => {
            this.#state = DONE;
            this.#reading = null;
            this.#result = convert(bytes, blob.type);
            this.#fire('load', total, total);
            // Microtasks of the listeners run before `loadend`.
            platform.start(() => {
              if (this.#state !== LOADING) this.#fire('loadend', total, total);
            }, 0);
          });
        });
      });
    }
  }
  constants(FileReader, { EMPTY, LOADING, DONE });
  handlers(FileReader, ['loadstart', 'progress', 'load', 'abort', 'error', 'loadend']);
  expose(FileReader);

  return { FileReader };
})
