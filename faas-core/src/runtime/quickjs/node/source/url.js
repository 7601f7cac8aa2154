// `node:url`: the old interface is a port of Node's, the new one is that of the web platform.
'use strict';
const { fill } = require('node:absent');
const { default: url, ...others } = require('unenv/node/url');
const exported = { ...others, ...url };
for (const name of ['URL', 'URLSearchParams', 'URLPattern']) {
  Object.defineProperty(exported, name, { get: () => globalThis[name], enumerable: true });
}
module.exports = fill(exported, 'url', require('names:url'));
