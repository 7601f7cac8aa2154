// `node:process`, which is also the global `process`.
'use strict';

const EventEmitter = require('node:events');
const { fill } = require('node:absent');

// The release of Node whose modules are imitated.
const VERSION = '22.12.0';

const refuse = (name, why) => {
  const error = new Error(`process.${name} is not available in a function: ${why}`);
  error.code = 'ERR_METHOD_NOT_IMPLEMENTED';
  return error;
};

// Writes lines to the console, and keeps the rest until its line ends.
class Output extends EventEmitter {
  #write; #rest = ''; #scheduled = false;
  constructor(fd, write) {
    super();
    this.fd = fd;
    this.#write = write;
    this.isTTY = false;
    this.writable = true;
    this.columns = 80;
    this.rows = 24;
  }
  write(chunk, encoding, callback) {
    if (typeof encoding === 'function') callback = encoding;
    this.#rest += typeof chunk === 'string' ? chunk : require('node:buffer').Buffer.from(chunk).toString();
    const end = this.#rest.lastIndexOf('\n');
    if (end >= 0) {
      this.#write(this.#rest.slice(0, end));
      this.#rest = this.#rest.slice(end + 1);
    }
    if (this.#rest !== '' && !this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => this.#flush());
    }
    if (typeof callback === 'function') queueMicrotask(() => callback());
    return true;
  }
  #flush() {
    this.#scheduled = false;
    if (this.#rest !== '') this.#write(this.#rest);
    this.#rest = '';
  }
  end(chunk, encoding, callback) {
    if (chunk !== undefined && typeof chunk !== 'function') this.write(chunk, encoding);
    for (const done of [chunk, encoding, callback]) if (typeof done === 'function') queueMicrotask(() => done());
    return this;
  }
  cork() {}
  uncork() {}
  getColorDepth() { return 1; }
  hasColors() { return false; }
  getWindowSize() { return [this.columns, this.rows]; }
}

let env;
const outputs = {};
const warned = new Set();
let umask = 0o22;

const process = new EventEmitter();
Object.setPrototypeOf(process, Object.create(EventEmitter.prototype, {
  constructor: { value: function process() {}, configurable: true, writable: true },
}));

const hrtime = (previous) => {
  const now = BigInt(Math.round(native.now() * 1e6));
  let seconds = Number(now / 1000000000n), nanoseconds = Number(now % 1000000000n);
  if (previous !== undefined) {
    seconds -= previous[0];
    nanoseconds -= previous[1];
    if (nanoseconds < 0) { seconds--; nanoseconds += 1e9; }
  }
  return [seconds, nanoseconds];
};
hrtime.bigint = () => BigInt(Math.round(native.now() * 1e6));

const memoryUsage = () => {
  const used = native.memory();
  return { rss: used, heapTotal: used, heapUsed: used, external: 0, arrayBuffers: 0 };
};
memoryUsage.rss = () => native.memory();

Object.assign(process, {
  title: 'node', version: `v${VERSION}`, versions: { node: VERSION, modules: '127' },
  arch: 'x64', platform: 'linux', release: { name: 'node', lts: 'Jod' },
  argv: ['/usr/local/bin/node', '/function.js'], argv0: 'node', execArgv: [],
  execPath: '/usr/local/bin/node', pid: 1, ppid: 0, exitCode: undefined, debugPort: 0,
  config: { target_defaults: {}, variables: {} }, features: {}, report: {},
  allowedNodeEnvironmentFlags: new Set(), noDeprecation: false, throwDeprecation: false,
  traceDeprecation: false,
  hrtime, memoryUsage,
  nextTick(callback, ...values) {
    if (typeof callback !== 'function') throw new TypeError('process.nextTick needs a function');
    queueMicrotask(values.length === 0 ? () => callback() : () => callback(...values));
  },
  cwd: () => '/',
  chdir() { throw refuse('chdir', 'there are no folders'); },
  umask(mask) {
    const old = umask;
    if (mask !== undefined) umask = mask;
    return old;
  },
  uptime: () => native.now() / 1000,
  exit(code) {
    throw refuse(`exit(${code ?? ''})`, 'return from the handler, or throw an error');
  },
  reallyExit(code) { this.exit(code); },
  abort() { throw refuse('abort', 'throw an error'); },
  kill() { throw refuse('kill', 'there are no processes'); },
  emitWarning(warning, type, code) {
    const options = type !== null && typeof type === 'object' ? type : { type, code };
    const name = warning instanceof Error ? warning.name : options.type ?? 'Warning';
    const text = warning instanceof Error ? warning.message : `${warning}`;
    if (name === 'DeprecationWarning') {
      if (process.noDeprecation || warned.has(text)) return;
      warned.add(text);
    }
    console.warn(`${options.code === undefined ? '' : `[${options.code}] `}${name}: ${text}`);
    const made = warning instanceof Error ? warning : Object.assign(new Error(text), { name });
    if (options.code !== undefined) made.code = options.code;
    queueMicrotask(() => process.emit('warning', made));
  },
  getuid: () => 65534, geteuid: () => 65534, getgid: () => 65534, getegid: () => 65534,
  getgroups: () => [65534],
  resourceUsage: () => ({ userCPUTime: 0, systemCPUTime: 0, maxRSS: native.memory() }),
  cpuUsage: () => ({ user: Math.round(native.now() * 1000), system: 0 }),
  constrainedMemory: () => 0, availableMemory: () => 0,
  hasUncaughtExceptionCaptureCallback: () => false,
  setUncaughtExceptionCaptureCallback() {},
  setSourceMapsEnabled() {},
  getBuiltinModule(name) {
    return platform.builtin(`${name}`.replace(/^node:/, ''));
  },
});
Object.defineProperties(process, {
  env: {
    enumerable: true, configurable: true,
    get: () => (env ??= platform.environment === undefined ? {} : JSON.parse(platform.environment)),
    set: (value) => { env = value; },
  },
  stdout: {
    enumerable: true, configurable: true,
    get: () => (outputs.out ??= new Output(1, (text) => console.log(text))),
  },
  stderr: {
    enumerable: true, configurable: true,
    get: () => (outputs.error ??= new Output(2, (text) => console.error(text))),
  },
  stdin: {
    enumerable: true, configurable: true,
    get: () => (outputs.in ??= Object.assign(require('node:stream').Readable.from([]), { fd: 0, isTTY: false })),
  },
  [Symbol.toStringTag]: { value: 'process', configurable: true },
});
module.exports = fill(process, 'process', require('names:process'));
