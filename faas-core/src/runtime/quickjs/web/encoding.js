// `TextEncoder` and `TextDecoder`, as the Encoding standard defines them.
(function (use, native) {
  'use strict';
  const { usv, dictionary, need, typedArrayName, bytesOf, checkWritable, expose } = use('idl');
  const Failure = TypeError, OutOfRange = RangeError;
  const empty = new Uint8Array(0);

  class TextEncoder {
    // Fails for objects of other classes.
    #self = this;

    get encoding() {
      this.#self;
      return 'utf-8';
    }

    encode(input = '') {
      this.#self;
      return native.encode(`${input}`);
    }

    encodeInto(source, destination) {
      this.#self;
      need(arguments.length, 2, 'encodeInto');
      const text = `${source}`;
      if (typedArrayName(destination) !== 'Uint8Array') {
        throw new Failure('the destination of encodeInto must be a Uint8Array');
      }
      checkWritable(destination, 'the destination of encodeInto');
      const counts = native.encodeInto(text, destination);
      return { read: counts[0], written: counts[1] };
    }
  }

  class TextDecoder {
    #name;
    #label;
    #fatal;
    #ignoreBOM;
    // The native decoder while a stream is decoded.
    #stream;

    constructor(label = 'utf-8', options = undefined) {
      const text = `${label}`;
      const settings = dictionary(options, 'the options of TextDecoder');
      const name = native.find(text);
      if (name === undefined) {
        throw new OutOfRange(`the encoding ${JSON.stringify(text)} is unknown`);
      }
      this.#fatal = Boolean(settings.fatal);
      this.#ignoreBOM = Boolean(settings.ignoreBOM);
      this.#label = text;
      this.#name = name;
    }

    get encoding() { return this.#name; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }

    decode(input = undefined, options = undefined) {
      const label = this.#label;
      const bytes = input === undefined ? empty : bytesOf(input, 'the input of decode');
      const { stream } = dictionary(options, 'the options of decode');
      let text;
      if (this.#stream === undefined && !stream) {
        text = native.decode(label, bytes, this.#fatal, this.#ignoreBOM);
      } else {
        const decode = this.#stream ?? native.decoder(label, this.#fatal, this.#ignoreBOM);
        this.#stream = undefined;
        text = decode(bytes, !stream);
        if (stream && text !== undefined) this.#stream = decode;
      }
      if (text === undefined) throw new Failure(`the bytes are not valid ${this.#name}`);
      return text;
    }
  }

  expose(TextEncoder, 'TextEncoder');
  expose(TextDecoder, 'TextDecoder');
  return { TextEncoder, TextDecoder, usv };
})
