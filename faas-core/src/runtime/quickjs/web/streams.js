// The streams standard, from the package `web-streams-polyfill` (see `vendor/`).
(function (use) {
  'use strict';
  // Its writable streams make an `AbortController`.
  use('abort');
  const streams = use('web-streams-polyfill');
  const { ReadableStream, ReadableStreamDefaultController } = streams;

  // Makes a stream whose chunks `pull(controller)` enqueues.
  const readable = (pull, cancel) => new ReadableStream({ pull, cancel }, { highWaterMark: 0 });

  return { ...streams, readable, ReadableStreamDefaultController };
})
