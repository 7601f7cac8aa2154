// `CompressionStream` and `DecompressionStream`, as the Compression standard defines them. Output is
// made in chunks, each when a reader asks for it.
(function (use, native) {
  'use strict';
  const { bytesOf, need, expose } = use('idl');
  const { ReadableStream, WritableStream } = use('streams');
  const Failure = TypeError, Later = Promise;

  // Returns a pair of streams. `step(bytes, offset, isLast)` returns a chunk of output and the offset
  // of what it has not read, or undefined when it has read everything and has no more output.
  const connect = (step) => {
    let output, input, wake = null, isWanted = false, isOver = false;
    const signal = () => {
      if (wake !== null) {
        const resolve = wake;
        wake = null;
        resolve();
      }
    };
    const end = () => {
      isOver = true;
      signal();
    };
    const readable = new ReadableStream({
      start(controller) { output = controller; },
      pull() {
        isWanted = true;
        signal();
      },
      cancel(reason) {
        input.error(reason);
        end();
      },
    }, { highWaterMark: 0 });

    const run = async (bytes, isLast) => {
      let offset = 0;
      while (!isOver) {
        let made;
        try {
          made = step(bytes, offset, isLast);
          if (typeof made === 'string') throw new Failure(made);
        } catch (error) {
          output.error(error);
          throw error;
        }
        if (made === undefined) return;
        offset = made[1];
        while (!isWanted && !isOver) await new Later((resolve) => { wake = resolve; });
        if (isOver) return;
        isWanted = false;
        output.enqueue(made[0]);
      }
    };

    const writable = new WritableStream({
      start(controller) { input = controller; },
      write(chunk) {
        let bytes;
        try {
          bytes = bytesOf(chunk, 'a chunk');
        } catch (error) {
          output.error(error);
          throw error;
        }
        return run(bytes, false);
      },
      async close() {
        await run(native.nothing, true);
        if (!isOver) output.close();
      },
      abort(reason) {
        output.error(reason);
        end();
      },
    });
    return { readable, writable };
  };

  const create = (make, format, count, name) => {
    need(count, 1, name);
    const text = `${format}`;
    const step = make(text);
    if (step === undefined) {
      throw new Failure(`${name}: the format must be gzip, deflate or deflate-raw, not ${text}`);
    }
    return connect(step);
  };

  class CompressionStream {
    #streams;
    constructor(format) {
      this.#streams = create(native.compressor, format, arguments.length, 'CompressionStream');
    }
    get readable() { return this.#streams.readable; }
    get writable() { return this.#streams.writable; }
  }

  class DecompressionStream {
    #streams;
    constructor(format) {
      this.#streams = create(native.decompressor, format, arguments.length, 'DecompressionStream');
    }
    get readable() { return this.#streams.readable; }
    get writable() { return this.#streams.writable; }
  }

  expose(CompressionStream, 'CompressionStream');
  expose(DecompressionStream, 'DecompressionStream');
  return { CompressionStream, DecompressionStream };
})
