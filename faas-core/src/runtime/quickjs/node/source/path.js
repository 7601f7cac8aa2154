// `node:path`. Functions know no other paths than those of POSIX.
'use strict';
const path = require('path-browserify');
const glob = (text) => new RegExp(
  `^${text.replace(/[.+^${}()|\\]/g, '\\$&').replace(/\*\*\/?|\*|\?/g, (part) =>
    (part === '?' ? '[^/]' : part === '*' ? '[^/]*' : '.*'))}$`,
);
path.matchesGlob = (name, pattern) => glob(pattern).test(name);
path.toNamespacedPath = (name) => name;
path.posix = path;
path.win32 = path;
module.exports = path;
