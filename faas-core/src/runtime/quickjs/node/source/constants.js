// `node:constants`.
'use strict';
const { errno, signals, priority, dlopen } = require('node:os').constants;
module.exports = {
  ...errno, ...signals, ...priority, ...dlopen,
  ...require('node:fs').constants, ...require('node:crypto').constants,
};
