// `node:os`. It describes no computer in particular.
'use strict';

const { fill } = require('node:absent');
const os = {
  EOL: '\n', devNull: '/dev/null',
  arch: () => 'x64', availableParallelism: () => 1, endianness: () => 'LE', freemem: () => 0,
  getPriority: () => 0, homedir: () => '/', hostname: () => 'localhost', loadavg: () => [0, 0, 0],
  machine: () => 'x86_64', networkInterfaces: () => ({}), platform: () => 'linux',
  release: () => '0.0.0', tmpdir: () => '/tmp', totalmem: () => 0, type: () => 'Linux',
  uptime: () => require('node:process').uptime(), version: () => '',
  cpus: () => [{ model: '', speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } }],
  userInfo: () => ({ uid: 65534, gid: 65534, username: 'nobody', homedir: '/', shell: null }),
};
module.exports = fill(os, 'os', require('names:os'), 'it would change the host');
