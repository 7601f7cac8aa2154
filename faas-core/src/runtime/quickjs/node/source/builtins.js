// The modules of Node by name, without `node:`. Each is loaded when it is first asked for.
'use strict';

const table = {
  assert: () => require('node:assert'),
  'assert/strict': () => require('node:assert').strict,
  async_hooks: () => require('node:async_hooks'),
  buffer: () => require('node:buffer'),
  console: () => require('node:console'),
  constants: () => require('node:constants'),
  crypto: () => require('node:crypto'),
  diagnostics_channel: () => require('node:diagnostics_channel'),
  'dns/promises': () => require('node:modules').dns.promises,
  events: () => require('node:events'),
  fs: () => require('node:fs'),
  'fs/promises': () => require('node:fs').promises,
  module: () => require('node:module'),
  os: () => require('node:os'),
  path: () => require('node:path'),
  'path/posix': () => require('node:path').posix,
  'path/win32': () => require('node:path').win32,
  perf_hooks: () => require('node:perf_hooks'),
  process: () => require('node:process'),
  punycode: () => require('node:punycode'),
  querystring: () => require('node:querystring'),
  'readline/promises': () => require('node:modules').readline.promises,
  stream: () => require('node:stream'),
  'stream/consumers': () => require('node:stream_consumers'),
  'stream/promises': () => require('node:stream').promises,
  'stream/web': () => require('node:stream_web'),
  string_decoder: () => require('node:string_decoder'),
  sys: () => require('node:util'),
  timers: () => require('node:timers'),
  'timers/promises': () => require('node:timers').promises,
  url: () => require('node:url'),
  util: () => require('node:util'),
  'util/types': () => require('node:util').types,
  zlib: () => require('node:zlib'),
};
for (const name of [
  'child_process', 'cluster', 'dgram', 'dns', 'domain', 'http', 'http2', 'https', 'inspector',
  'net', 'readline', 'repl', 'sqlite', 'tls', 'trace_events', 'tty', 'v8', 'vm', 'wasi',
  'worker_threads',
]) {
  table[name] = () => require('node:modules')[name];
}

module.exports = {
  names: Object.keys(table).sort(),
  get: (name) => (Object.hasOwn(table, name) ? table[name]() : undefined),
};
