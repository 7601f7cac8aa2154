// `node:punycode`.
'use strict';
module.exports = require('punycode/');
