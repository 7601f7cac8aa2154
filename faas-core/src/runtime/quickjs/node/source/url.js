// `node:url`: the old interface is a port of Node's, the new one is that of the web platform.
'use strict';
const { fill } = require('node:absent');
const { default: url, ...others } = require('unenv/node/url');
const exported = { ...others, ...url };
exported.URL = URL;
exported.URLSearchParams = URLSearchParams;
module.exports = fill(exported, 'url', require('names:url'));
