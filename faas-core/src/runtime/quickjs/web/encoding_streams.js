// `TextEncoderStream` and `TextDecoderStream`, as the Encoding standard defines them.
(function (use, native) {
  'use strict';
  const { bytesOf, expose } = use('idl');
  const { TextDecoder } = use('encoding');
  const { TransformStream } = use('streams');
  const { apply } = Reflect;
  const { decode } = TextDecoder.prototype;

  const isHigh = (unit) => unit >= 0xd800 && unit < 0xdc00;
  const isLow = (unit) => unit >= 0xdc00 && unit < 0xe000;

  class TextEncoderStream {
    #transform;

    constructor() {
      // The first half of a pair of surrogates, which ended a chunk.
      let half = '';
      this.#transform = new TransformStream({
        transform(chunk, controller) {
          let text = `${chunk}`;
          if (text === '') return;
          if (half !== '') {
            text = (isLow(text.charCodeAt(0)) ? half : '\ufffd') + text;
            half = '';
          }
          const last = text.length - 1;
          if (isHigh(text.charCodeAt(last))) {
            half = text[last];
            text = text.slice(0, last);
          }
          if (text !== '') controller.enqueue(native.encode(text));
        },
        flush(controller) {
          if (half !== '') controller.enqueue(native.encode('\ufffd'));
        },
      });
    }

    get encoding() {
      this.#transform;
      return 'utf-8';
    }
    get readable() { return this.#transform.readable; }
    get writable() { return this.#transform.writable; }
  }

  class TextDecoderStream {
    #decoder;
    #transform;

    constructor(label = 'utf-8', options = undefined) {
      const decoder = new TextDecoder(label, options);
      this.#decoder = decoder;
      this.#transform = new TransformStream({
        transform(chunk, controller) {
          const bytes = bytesOf(chunk, 'a chunk');
          const text = apply(decode, decoder, [bytes, { __proto__: null, stream: true }]);
          if (text !== '') controller.enqueue(text);
        },
        flush(controller) {
          const text = apply(decode, decoder, []);
          if (text !== '') controller.enqueue(text);
        },
      });
    }

    get encoding() { return this.#decoder.encoding; }
    get fatal() { return this.#decoder.fatal; }
    get ignoreBOM() { return this.#decoder.ignoreBOM; }
    get readable() { return this.#transform.readable; }
    get writable() { return this.#transform.writable; }
  }

  expose(TextEncoderStream, 'TextEncoderStream');
  expose(TextDecoderStream, 'TextDecoderStream');
  return { TextEncoderStream, TextDecoderStream };
})
