// `node:querystring`, a port of Node's.
'use strict';
const { default: querystring, ...others } = require('unenv/node/querystring');
module.exports = { ...others, ...querystring };
