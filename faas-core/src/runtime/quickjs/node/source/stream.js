// `node:stream`: the package `readable-stream`, which is Node's own code.
'use strict';

const stream = require('readable-stream/lib/ours/browser.js');
const { Stream } = stream;

for (const name of Object.keys(stream)) {
  if (!(name in Stream)) Stream[name] = stream[name];
}
let highWaterMark = 65536, objectHighWaterMark = 16;
Stream.getDefaultHighWaterMark ??= (isObject) => (isObject ? objectHighWaterMark : highWaterMark);
Stream.setDefaultHighWaterMark ??= (isObject, value) => {
  if (isObject) objectHighWaterMark = value; else highWaterMark = value;
};

// ---- to and from the streams of the web platform ----

const { Readable, Writable, Duplex } = Stream;

Readable.fromWeb = (web, options) => {
  const reader = web.getReader();
  return new Readable({
    ...options,
    read() {
      reader.read().then(
        ({ done, value }) => this.push(done ? null : value),
        (error) => this.destroy(error),
      );
    },
    destroy(error, callback) {
      reader.cancel(error).then(() => callback(error), () => callback(error));
    },
  });
};

Readable.toWeb = (readable) => {
  let iterator;
  return new ReadableStream({
    start() { iterator = readable[Symbol.asyncIterator](); },
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) return controller.close();
      return controller.enqueue(value instanceof Uint8Array ? new Uint8Array(value) : value);
    },
    cancel(reason) { readable.destroy(reason); },
  }, { highWaterMark: 0 });
};

Writable.fromWeb = (web, options) => {
  const writer = web.getWriter();
  return new Writable({
    ...options,
    write(chunk, encoding, callback) { writer.write(chunk).then(() => callback(), callback); },
    final(callback) { writer.close().then(() => callback(), callback); },
    destroy(error, callback) {
      if (error) writer.abort(error).then(() => callback(error), () => callback(error));
      else callback(error);
    },
  });
};

Writable.toWeb = (writable) => new WritableStream({
  start(controller) { writable.on('error', (error) => controller.error(error)); },
  write(chunk) {
    return new Promise((resolve, reject) => {
      writable.write(chunk, (error) => { if (error) reject(error); else resolve(); });
    });
  },
  close() { return new Promise((resolve) => { writable.end(resolve); }); },
  abort(reason) { writable.destroy(reason); },
});

Duplex.fromWeb = ({ readable, writable }, options) =>
  Duplex.from({ readable: Readable.fromWeb(readable, options), writable: Writable.fromWeb(writable, options) });
Duplex.toWeb = (duplex) => ({ readable: Readable.toWeb(duplex), writable: Writable.toWeb(duplex) });

module.exports = Stream;
