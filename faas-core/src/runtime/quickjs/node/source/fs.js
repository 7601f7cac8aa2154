// `node:fs`: there are no files. Reading finds nothing, and nothing can be written.
'use strict';

const { absent, fill } = require('node:absent');
const { functions, data } = require('names:fs');

const READS = new Set([
  'access', 'lstat', 'open', 'opendir', 'readdir', 'readFile', 'readlink', 'realpath', 'stat',
  'statfs', 'openAsBlob', 'watch', 'createReadStream',
]);
const WRITES = new Set([
  'appendFile', 'chmod', 'chown', 'copyFile', 'cp', 'lchmod', 'lchown', 'link', 'lutimes', 'mkdir',
  'mkdtemp', 'rename', 'rm', 'rmdir', 'symlink', 'truncate', 'unlink', 'utimes', 'writeFile',
]);

const failure = (call, path) => {
  const isWrite = WRITES.has(call);
  const [code, text, errno] = isWrite
    ? ['EROFS', 'read-only file system', -30]
    : ['ENOENT', 'no such file or directory', -2];
  const error = new Error(`${code}: ${text}, ${call} '${path}' (functions have no files)`);
  return Object.assign(error, { code, errno, syscall: call, path: `${path}` });
};

const fs = {
  existsSync: () => false,
  exists: (path, callback) => queueMicrotask(() => callback(false)),
  constants: data.constants,
};
const promises = { constants: data.constants };
for (const call of [...READS, ...WRITES]) {
  if (call !== 'createReadStream') {
    promises[call] = async (path) => { throw failure(call, path); };
    fs[call] = (path, ...rest) => {
      const callback = rest.findLast((value) => typeof value === 'function');
      const error = failure(call, path);
      if (callback === undefined) throw error;
      queueMicrotask(() => callback(error));
    };
    fs[`${call}Sync`] = (path, options) => {
      if (options?.throwIfNoEntry === false) return undefined;
      throw failure(call, path);
    };
  }
}
fs.realpath.native = fs.realpath;
fs.realpathSync.native = fs.realpathSync;
fs.createReadStream = (path) => {
  const { Readable } = require('node:stream');
  return new Readable({ read() { this.destroy(failure('open', path)); } });
};
fs.createWriteStream = (path) => {
  const { Writable } = require('node:stream');
  return new Writable({ write(chunk, encoding, callback) { callback(failure('writeFile', path)); } });
};
fs.watchFile = () => {};
fs.unwatchFile = () => {};
fs.promises = fill(promises, 'fs.promises', require('names:fs/promises'), 'functions have no files');
module.exports = fill(fs, 'fs', { functions: functions.filter((name) => !(name in fs)), data }, 'functions have no files');
module.exports.Stats ??= absent('fs', 'Stats', 'functions have no files');
