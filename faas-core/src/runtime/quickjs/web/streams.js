// The streams standard, from the package `web-streams-polyfill` (see `vendor/`).
(function (use) {
  'use strict';
  // Its writable streams make an `AbortController`.
  use('abort');
  const streams = use('web-streams-polyfill');
  // The package makes an `AsyncIterator.prototype` of its own.
  const { getPrototypeOf, setPrototypeOf } = Object;
  const asyncIterator = getPrototypeOf(getPrototypeOf(async function* () {}.prototype));
  setPrototypeOf(getPrototypeOf(new streams.ReadableStream().values()), asyncIterator);
  return streams;
})
