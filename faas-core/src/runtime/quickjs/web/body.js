// The bodies of requests and responses.
//
// A body has its bytes, or a stream. The stream of one that has its bytes is made when code asks
// for it; methods that read the whole body use the bytes.
(function (use) {
  'use strict';
  const { isObject, usv } = use('idl');
  const { encode, decode, bytesOf, isUint8Array } = use('bytes');
  const { Blob, isBlob, dataOf, join } = use('blob');
  const mime = use('mime');

  const isUrlSearchParams = (value) => value instanceof use('url').URLSearchParams;
  const isStream = (value) => value instanceof use('streams').ReadableStream;
  const isDisturbed = (stream) => stream._disturbed === true;

  class Body {
    constructor(bytes, stream) {
      this.bytes = bytes;
      this.stream = stream;
      this.isUsed = false;
    }
    isDisturbed() { return this.isUsed || (this.stream !== null && isDisturbed(this.stream)); }
    isUnusable() { return this.isDisturbed() || (this.stream !== null && this.stream.locked); }

    // The stream of the body.
    open() {
      if (this.stream === null) {
        const { ReadableStream } = use('streams');
        const bytes = this.isUsed ? new Uint8Array() : this.bytes;
        this.stream = new ReadableStream({
          type: 'bytes',
          start(controller) {
            if (bytes.length > 0) controller.enqueue(bytes.slice());
            controller.close();
          },
        });
        this.stream._disturbed = this.isUsed;
        this.bytes = null;
      }
      return this.stream;
    }

    // All bytes, which nobody else has.
    async take() {
      if (this.stream === null) {
        this.isUsed = true;
        return this.bytes.slice();
      }
      const reader = this.stream.getReader(), chunks = [];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (!isUint8Array(value)) {
          const error = new TypeError('a chunk of the body is no Uint8Array');
          reader.cancel(error).catch(() => {});
          throw error;
        }
        chunks.push(value);
      }
      return chunks.length === 1 ? chunks[0].slice() : join(chunks);
    }

    // Its bytes, or a reader of its stream. Nobody else can read the body then.
    begin() {
      this.isUsed = true;
      if (this.stream === null) return { bytes: this.bytes, reader: null };
      return { bytes: null, reader: this.stream.getReader() };
    }

    // A body with the same content, after which this one is used.
    move() {
      const { bytes, stream } = this;
      this.isUsed = true;
      if (stream === null) return new Body(bytes, null);
      return new Body(null, stream.pipeThrough(new (use('streams').TransformStream)()));
    }

    clone() {
      if (this.stream === null) return new Body(this.bytes, null);
      const { 0: left, 1: right } = this.stream.tee();
      this.stream = left;
      return new Body(null, right);
    }
  }

  // `[body, content type]` of what a request or a response was made with.
  const extract = (value) => {
    if (isObject(value)) {
      if (isBlob(value)) return [new Body(dataOf(value), null), value.type === '' ? null : value.type];
      const bytes = bytesOf(value);
      if (bytes !== undefined) return [new Body(bytes.slice(), null), null];
      const form = use('formdata');
      if (form.isFormData(value)) {
        const { 0: blob, 1: type } = form.toMultipart(value);
        return [new Body(dataOf(blob), null), type];
      }
      if (isStream(value)) {
        if (isDisturbed(value) || value.locked) {
          throw new TypeError('the stream of the body is locked or was read already');
        }
        return [new Body(null, value), null];
      }
      if (isUrlSearchParams(value)) {
        return [new Body(encode(`${value}`), null), 'application/x-www-form-urlencoded;charset=UTF-8'];
      }
    }
    return [new Body(encode(usv(value)), null), 'text/plain;charset=UTF-8'];
  };

  const used = () => new TypeError('the body is locked or was read already');

  const readers = {
    text: (bytes) => decode(bytes),
    json: (bytes) => JSON.parse(decode(bytes)),
    arrayBuffer: (bytes) => bytes.buffer,
    bytes: (bytes) => bytes,
    blob(bytes, type) {
      return new Blob([bytes], { type: type === null ? '' : mime.serialize(type) });
    },
    formData(bytes, type) {
      const { FormData, fromMultipart } = use('formdata');
      const boundary = type?.parameters.get('boundary');
      if (type?.essence === 'multipart/form-data' && boundary !== undefined) {
        return fromMultipart(bytes, boundary);
      }
      if (type?.essence === 'application/x-www-form-urlencoded') {
        const form = new FormData();
        new (use('url').URLSearchParams)(decode(bytes)).forEach((value, name) => form.append(name, value));
        return form;
      }
      throw new TypeError('the body is no form: its content type is neither multipart/form-data nor application/x-www-form-urlencoded');
    },
  };

  // Adds the members of bodies to a class. `stateOf(object)` returns its `body` and `headers`, and
  // throws for other objects.
  const mixin = (Class, stateOf) => {
    const members = {
      get body() {
        const { body } = stateOf(this);
        return body === null ? null : body.open();
      },
      get bodyUsed() { return stateOf(this).body?.isDisturbed() ?? false; },
    };
    for (const name of Object.keys(readers)) {
      const read = readers[name];
      members[name] = {
        async [name]() {
          const { body, headers } = stateOf(this);
          if (body !== null && body.isUnusable()) throw used();
          const type = name === 'blob' || name === 'formData'
            ? mime.extract(headers.get('content-type')) : null;
          return read(body === null ? new Uint8Array() : await body.take(), type);
        },
      }[name];
    }
    for (const name of Object.keys(members)) {
      Object.defineProperty(Class.prototype, name, Object.getOwnPropertyDescriptor(members, name));
    }
  };

  return { extract, mixin, used };
})
