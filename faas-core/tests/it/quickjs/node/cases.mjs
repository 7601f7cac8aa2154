// Writes `cases.json`: small programs and what Node returns for them. `node cases.mjs`
import { writeFileSync } from 'node:fs';

const CASES = {
  buffer: [
    `return ['utf8', 'hex', 'base64', 'base64url', 'latin1', 'ascii', 'utf16le'].map((e) => Buffer.from('zß水🍌>?', 'utf8').toString(e))`,
    `return [Buffer.from('_-8', 'base64url'), Buffer.from('+/8=', 'base64'), Buffer.from('fffe', 'hex'), Buffer.from([1, 256, -1])].map((b) => [...b])`,
    `return [Buffer.byteLength('zß水🍌'), Buffer.byteLength('aGk', 'base64url'), Buffer.isEncoding('base64url'), Buffer.isEncoding('x'), Buffer.isBuffer(Buffer.alloc(1)), Buffer.isBuffer(new Uint8Array(1))]`,
    `const b = Buffer.alloc(16); b.writeUInt32BE(0xdeadbeef, 0); b.writeDoubleLE(1.5, 4); b.writeInt16LE(-2, 12); b.writeUIntBE(0x0102, 14, 2); return [b.toString('hex'), b.readUInt32LE(0), b.readDoubleLE(4), b.readInt16LE(12), b.readUIntBE(14, 2)]`,
    `const b = Buffer.alloc(8); b.writeBigInt64BE(-5n); return [b.toString('hex'), String(b.readBigInt64BE()), String(b.readBigUInt64LE())]`,
    `return [Buffer.concat([Buffer.from('a'), Buffer.from('bc')]).toString(), Buffer.from('abc').equals(Buffer.from('abc')), Buffer.compare(Buffer.from('a'), Buffer.from('b')), Buffer.from('hello').indexOf('l'), Buffer.from('hello').includes('ell'), Buffer.from('hello').lastIndexOf('l')]`,
    `return [JSON.stringify(Buffer.from('hi')), Buffer.from('hello').subarray(1, 3).toString(), Buffer.from('hello').slice(-2).toString(), Buffer.alloc(3, 'ab').toString(), Buffer.from('abcd').swap16().toString()]`,
    `const b = Buffer.alloc(5); return [b.write('hey', 1), b.write('zz', 4, 'latin1'), b.toString('latin1'), b.fill('x', 1, 3).toString('latin1')]`,
    `try { Buffer.alloc(2).readUInt32LE(0) } catch (e) { return [e.name, e.code] }`,
    `const { isUtf8, isAscii, constants } = node('buffer'); return [isUtf8(Buffer.from([0xff])), isUtf8(Buffer.from('ü')), isAscii(Buffer.from('ü')), constants.MAX_STRING_LENGTH > 1e6]`,
  ],
  events: [
    `const E = node('events'); const e = new E(); const seen = []; e.on('a', (...v) => seen.push(['on', ...v])); e.once('a', () => seen.push(['once'])); e.prependListener('a', () => seen.push(['first'])); return [e.emit('a', 1, 2), e.emit('a'), e.emit('b'), seen, e.listenerCount('a'), e.eventNames()]`,
    `const { once, on, EventEmitter } = node('events'); const e = new EventEmitter(); queueMicrotask(() => e.emit('x', 1, 2)); const [a] = [await once(e, 'x')]; const found = []; const it = on(e, 'y'); e.emit('y', 1); e.emit('y', 2); for await (const v of it) { found.push(v); if (found.length === 2) break; } return [a, found]`,
    `const E = node('events'); try { new E().emit('error', new RangeError('x')) } catch (e) { return [e.name, e.message] }`,
    `const E = node('events'); function Old() { E.call(this); } node('util').inherits(Old, E); const o = new Old(); let r; o.on('x', (v) => { r = v; }); o.emit('x', 5); return [r, o instanceof E, Old.super_ === E]`,
    `const E = node('events'); const m = Object.assign({}, E.prototype); let r; m.on('x', (v) => { r = v; }); m.emit('x', 3); return r`,
  ],
  util: [
    `const { format } = node('util'); return [format('%s %d %i %f %j %o %%', 'a', 1.5, 2.7, '3.25', {a: 1}, [1]), format('a', 1, {b: [1, 2]}), format('%s', null), format('%s', 5n), format('%c', 'css')]`,
    `const { inspect } = node('util'); return [inspect({a: 1, b: 'x', c: [1, 2, {d: {e: {f: 1}}}]}), inspect(new Map([[1, {a: 2}]])), inspect(new Set(['a'])), inspect([undefined, null, -0, 1n]), inspect('it\\'s'), inspect(new Date(0)), inspect(/x/g), inspect(function f() {}), inspect(Buffer.from('hi')), inspect(new (class Foo { x = 1; })()), inspect(Object.create(null))]`,
    `const { inspect } = node('util'); const a = {}; a.self = a; return [inspect(a), inspect({a: {b: {c: {}}}}, {depth: 0}), inspect('x'.repeat(5), {colors: true}), inspect({ [inspect.custom]() { return 'mine'; } }), inspect(Array.from({length: 200}, (_, i) => i)).length]`,
    `const { promisify, callbackify, isDeepStrictEqual } = node('util'); const f = (a, cb) => cb(a ? null : new Error('no'), a * 2); const r = [await promisify(f)(2)]; try { await promisify(f)(0) } catch (e) { r.push(e.message) } r.push(await new Promise((ok) => callbackify(async (x) => x + 1)(1, (e, v) => ok([e, v])))); return [...r, isDeepStrictEqual({a: [1, new Map([[1, 2]])]}, {a: [1, new Map([[1, 2]])]}), isDeepStrictEqual([1], ['1'])]`,
    `const { types } = node('util'); return [types.isDate(new Date()), types.isRegExp(/x/), types.isPromise(Promise.resolve()), types.isMap(new Map()), types.isSet(new Map()), types.isTypedArray(new Uint8Array()), types.isUint8Array(Buffer.alloc(1)), types.isAsyncFunction(async () => {}), types.isGeneratorFunction(function* () {}), types.isNativeError(new TypeError()), types.isArrayBuffer(new ArrayBuffer(1)), types.isBoxedPrimitive(Object(1)), types.isNumberObject(1), types.isWeakMap(new WeakMap())]`,
    `const u = node('util'); return [u.stripVTControlCharacters('\\u001b[31mx\\u001b[39m'), u.parseEnv ? u.parseEnv('A=1\\nB="x y"') : 0, u.toUSVString('a'), u.parseArgs({ args: ['-f', '--bar', 'b'], options: { foo: { type: 'boolean', short: 'f' }, bar: { type: 'string' } } })]`,
    `const { deprecate, inherits, isArray, inspect } = node('util'); return [deprecate((a) => a + 1, 'old')(1), isArray([]), typeof inspect.custom, inspect.defaultOptions.depth]`,
  ],
  path: [
    `const p = node('path'); return [p.join('/a', '..', 'b', './c'), p.resolve('/x', 'y', '../z'), p.basename('/a/b.txt', '.txt'), p.extname('a.b.c'), p.dirname('/a/b'), p.parse('/home/u/f.txt'), p.format({dir: '/a', base: 'b'}), p.relative('/a/b/c', '/a/d'), p.normalize('/a//b/../c/'), p.isAbsolute('a'), p.sep, p.delimiter, p.posix.join('a', 'b')]`,
  ],
  url: [
    `const u = node('url'); const p = u.parse('http://u:p@host.com:80/p/a?x=1&y=2#h', true); return [p.host, p.auth, p.pathname, {...p.query}, p.hash, p.href, u.format({protocol: 'https', host: 'a.b', pathname: '/c', query: {d: 1}}), u.resolve('http://a.com/b/c', '../d')]`,
    `const u = node('url'); return [u.fileURLToPath('file:///a%20b/c'), u.pathToFileURL('/a b').href, u.domainToASCII('español.com'), u.urlToHttpOptions(new URL('http://a:b@x.y:1/p?q')).path, u.URL === URL]`,
  ],
  querystring: [
    `const q = node('querystring'); return [{...q.parse('a=1&b=2&a=3&c=%20x')}, q.stringify({a: [1, 2], b: 'ü', c: true}), q.escape('a b&'), q.unescape('a%20b'), q.stringify({a: 1}, ';', ':')]`,
  ],
  string_decoder: [
    `const { StringDecoder } = node('string_decoder'); const d = new StringDecoder('utf8'); return [d.write(Buffer.from([0xe2, 0x82])), d.write(Buffer.from([0xac])), d.end(Buffer.from([0xe2])), new StringDecoder('base64').write(Buffer.from('abcd'))]`,
  ],
  assert: [
    `const a = node('assert'); a(1); a.equal(1, '1'); a.deepEqual({a: 1}, {a: '1'}); a.deepStrictEqual([1, {b: new Set([1])}], [1, {b: new Set([1])}]); a.throws(() => { throw new TypeError('bad thing') }, /bad/); a.throws(() => { throw new TypeError('x') }, TypeError); a.throws(() => { throw new TypeError('x') }, { name: 'TypeError', message: 'x' }); await a.rejects(async () => { throw new Error('y') }, /y/); a.doesNotThrow(() => {}); a.match('abc', /b/); a.notStrictEqual(1, 2); return 1`,
    `const a = node('assert'); const seen = []; for (const f of [() => a.strictEqual(1, 2), () => a.deepStrictEqual({a: 1}, {a: 2}), () => a(0), () => a.fail('z'), () => a.ok(false, 'mine'), () => a.throws(() => {}), () => a.equal(1, 2), () => a.strict.equal(1, '1')]) { try { f(); seen.push('nothing'); } catch (e) { seen.push([e.name, e.code, e.operator]); } } return seen`,
  ],
  process: [
    `return [typeof process.version, process.platform, process.cwd(), Array.isArray(process.argv), process.hrtime().length, typeof process.hrtime.bigint(), typeof process.memoryUsage().heapUsed, process.uptime() >= 0, typeof process.pid, process.title.length > 0, Object.prototype.toString.call(process), process.release.name, typeof process.versions.node].map((x) => (x === process.cwd() ? 'cwd' : x))`,
    `const seen = []; await new Promise((ok) => { setImmediate(() => { seen.push('immediate'); ok(); }); process.nextTick((v) => seen.push(v), 'tick'); seen.push('now'); }); return seen`,
    `return [global === globalThis, typeof setImmediate, typeof clearImmediate, typeof process.env, process.stdout.isTTY === true, typeof process.emitWarning, typeof process.on('exit', () => {}).off]`,
  ],
  timers: [
    `const { setTimeout: wait, setImmediate: soon } = node('timers/promises'); return [await wait(1, 'a'), await soon('b')]`,
    `const t = node('timers'); const seen = []; const a = t.setTimeout(() => seen.push('cleared'), 1); t.clearTimeout(a); return await new Promise((ok) => { const b = t.setTimeout(() => { seen.push('ran'); ok([seen, typeof b.unref, b.hasRef()]); }, 2).ref(); })`,
    `const { setTimeout: wait } = node('timers/promises'); const c = new AbortController(); const p = wait(10000, 1, { signal: c.signal }); c.abort(); try { await p } catch (e) { return [e.name, e.code] }`,
    `return await node('util').promisify(node('timers').setTimeout)(1, 'x')`,
  ],
  stream: [
    `const { Readable, Transform, pipeline } = node('stream'); const { promisify } = node('util'); const seen = []; const up = new Transform({ transform(c, e, cb) { cb(null, c.toString().toUpperCase()); } }); up.on('data', (c) => seen.push(c.toString())); await promisify(pipeline)(Readable.from(['a', 'b']), up); return seen`,
    `const { Readable } = node('stream'); const r = new Readable({ read() {} }); r.push('x'); r.push(Buffer.from('y')); r.push(null); const chunks = []; for await (const c of r) chunks.push(c.toString()); return chunks.join('')`,
    `const { Writable, PassThrough, finished } = node('stream'); const seen = []; const w = new Writable({ write(c, e, cb) { seen.push(c.toString()); cb(); }, final(cb) { seen.push('final'); cb(); } }); const p = new PassThrough(); p.pipe(w); p.write('a'); p.end('b'); await new Promise((ok, no) => finished(w, (e) => e ? no(e) : ok())); return seen`,
    `const { pipeline } = node('stream/promises'); const { Readable, Writable } = node('stream'); try { await pipeline(Readable.from([1]), new Writable({ objectMode: true, write(c, e, cb) { cb(new Error('boom')); } })); } catch (e) { return e.message }`,
    `const { Readable } = node('stream'); return await Readable.from([1, 2, 3, 4]).filter((x) => x % 2 === 0).map((x) => x * 10).toArray()`,
    `const { text, json, buffer } = node('stream/consumers'); const { Readable } = node('stream'); return [await text(Readable.from(['a', 'b'])), await json(Readable.from(['{"a"', ':1}'])), (await buffer(Readable.from([Buffer.from('z')]))).toString()]`,
    `const { Duplex, Stream, Readable } = node('stream'); const d = new Duplex({ read() { this.push('r'); this.push(null); }, write(c, e, cb) { cb(); } }); return [d instanceof Stream, d instanceof Readable, d.readable, d.writable, node('stream') === Stream, typeof Stream.Readable.prototype.pipe]`,
    `const { Readable } = node('stream'); const w = Readable.toWeb(Readable.from(['a', 'b'])); const back = Readable.fromWeb(w); const seen = []; for await (const c of back) seen.push(c.toString()); return seen`,
  ],
  crypto: [
    `const { createHash } = node('crypto'); return ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-256', 'sha3-256', 'sha3-512', 'ripemd160', 'RSA-SHA256', 'SHA256'].map((n) => createHash(n).update('hel').update(Buffer.from('lo')).digest('hex'))`,
    `const { createHmac, createSecretKey } = node('crypto'); return [createHmac('sha256', 'k').update('x').digest('base64'), createHmac('sha512', Buffer.alloc(300, 1)).update('x').digest('hex'), createHmac('md5', createSecretKey(Buffer.from('k'))).update('x').digest('base64url')]`,
    `const { createHash } = node('crypto'); const h = createHash('sha256').update('a'); const c = h.copy(); const r = [h.digest('hex'), c.update('b').digest('hex')]; try { h.update('x') } catch (e) { r.push(e.code) } try { createHash('nope') } catch (e) { r.push(e.message) } return r`,
    `const { pbkdf2Sync, scryptSync, hkdfSync, pbkdf2 } = node('crypto'); return [pbkdf2Sync('pw', 'salt', 1000, 40, 'sha512').toString('hex'), scryptSync('pw', 'salt', 32, { N: 1024 }).toString('hex'), Buffer.from(hkdfSync('sha256', 'key', 'salt', 'info', 50)).toString('hex'), await new Promise((ok) => pbkdf2('a', 'b', 1, 8, 'sha1', (e, k) => ok(k.toString('hex'))))]`,
    `const c = node('crypto'); return [c.randomBytes(8).length, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(c.randomUUID()), c.randomInt(5) < 5, c.randomInt(3, 4), c.timingSafeEqual(Buffer.from('a'), Buffer.from('a')), c.timingSafeEqual(Buffer.from('a'), Buffer.from('b')), c.randomFillSync(Buffer.alloc(4)).length, await new Promise((ok) => c.randomBytes(3, (e, b) => ok(b.length)))]`,
    `const { timingSafeEqual, createSecretKey, KeyObject } = node('crypto'); const r = []; try { timingSafeEqual(Buffer.from('a'), Buffer.from('ab')) } catch (e) { r.push(e.code) } const k = createSecretKey('abc', 'utf8'); return [...r, k.type, k.export().toString(), k instanceof KeyObject, k.symmetricKeySize]`,
    `const { createHash } = node('crypto'); const { pipeline } = node('stream/promises'); const h = createHash('sha1'); await pipeline(node('stream').Readable.from(['a', 'b']), h); return h.read().toString('hex')`,
  ],
  zlib: [
    `const z = node('zlib'); const t = 'hello '.repeat(100); return [z.gunzipSync(z.gzipSync(t)).toString() === t, z.inflateSync(z.deflateSync(t)).toString() === t, z.inflateRawSync(z.deflateRawSync(t)).toString() === t, z.unzipSync(z.gzipSync(t)).toString() === t, z.unzipSync(z.deflateSync(t)).toString() === t, z.gzipSync(t).length < 100, typeof z.constants.Z_BEST_COMPRESSION, z.Z_BEST_SPEED]`,
    `const z = node('zlib'); const { promisify } = node('util'); const c = await promisify(z.gzip)('abc'); return [(await promisify(z.gunzip)(c)).toString(), (await promisify(z.inflate)(await promisify(z.deflate)('x'))).toString()]`,
    `const z = node('zlib'); const seen = []; for (const f of [() => z.gunzipSync(Buffer.from('nonsense')), () => z.inflateSync(z.deflateSync('abcabcabc').subarray(0, 6)), () => z.gunzipSync(z.gzipSync('x'.repeat(1000)), { maxOutputLength: 10 })]) { try { f() } catch (e) { seen.push([e.code, e.errno ?? 0]) } } return seen`,
    `const z = node('zlib'); const { pipeline } = node('stream/promises'); const { Readable } = node('stream'); const g = z.createGzip(), u = z.createGunzip(); const out = []; u.on('data', (c) => out.push(c)); await pipeline(Readable.from(['ab', 'cd']), g, u); return Buffer.concat(out).toString()`,
  ],
  async_hooks: [
    `const { AsyncLocalStorage } = node('async_hooks'); const s = new AsyncLocalStorage(); const seen = []; const work = async (n) => { await null; seen.push([n, s.getStore()]); await new Promise((ok) => setTimeout(ok, n === 1 ? 3 : 1)); seen.push([n, s.getStore()]); await Promise.resolve().then(() => seen.push([n, s.getStore()])); return s.getStore(); }; const all = await Promise.all([s.run('a', work, 1), s.run('b', work, 2)]); return [all, seen.sort(), s.getStore() ?? null]`,
    `const { AsyncLocalStorage } = node('async_hooks'); const s = new AsyncLocalStorage(); return await s.run(1, async () => { const seen = []; try { await Promise.reject(new Error('x')); } catch { seen.push(s.getStore()); } for await (const v of (async function* () { yield 1; await 5; yield s.getStore(); })()) seen.push([v, s.getStore()]); await { then(ok) { setTimeout(() => ok(1), 1); } }; seen.push(s.getStore()); await s.run(2, async () => { await 0; seen.push(s.getStore()); }); seen.push(s.getStore()); s.exit(() => seen.push(s.getStore() ?? null)); return seen; })`,
    `const { AsyncLocalStorage, AsyncResource } = node('async_hooks'); const s = new AsyncLocalStorage(); const r = s.run('x', () => new AsyncResource('R')); const snap = s.run('y', () => AsyncLocalStorage.snapshot()); const b = s.run('z', () => AsyncResource.bind(() => s.getStore())); return [r.runInAsyncScope(() => s.getStore()), snap(() => s.getStore()), b(), s.getStore() ?? null]`,
    `const { AsyncLocalStorage } = node('async_hooks'); const s = new AsyncLocalStorage(); const shared = new Promise((ok) => setTimeout(ok, 2)); const seen = []; const work = async () => { await shared; seen.push(s.getStore()); await shared; seen.push(s.getStore()); }; await Promise.all([1, 2, 3].map((n) => s.run(n, work))); return seen.sort()`,
    `const { AsyncLocalStorage } = node('async_hooks'); const s = new AsyncLocalStorage(); s.enterWith({ id: 1 }); await 0; const a = s.getStore().id; await new Promise((ok) => process.nextTick(ok)); return [a, s.getStore().id, await new Promise((ok) => queueMicrotask(() => ok(s.getStore().id))), await new Promise((ok) => setImmediate(() => ok(s.getStore().id)))]`,
  ],
  diagnostics_channel: [
    `const d = node('diagnostics_channel'); const seen = []; const c = d.channel('x'); c.subscribe((m, n) => seen.push([m, n])); c.publish(1); return [seen, c.hasSubscribers, d.hasSubscribers('y'), d.channel('x') === c]`,
  ],
  fs: [
    `const fs = node('fs'); const r = [fs.existsSync('/no/such')]; try { fs.readFileSync('/no/such') } catch (e) { r.push([e.code, e.syscall, e.path]) } try { await fs.promises.stat('/no/such') } catch (e) { r.push(e.code) } r.push(await new Promise((ok) => fs.stat('/no/such', (e) => ok(e.code)))); return [...r.map((x) => (Array.isArray(x) ? x[0] : x)), typeof fs.constants.O_RDONLY, fs.statSync('/no/such', { throwIfNoEntry: false }) === undefined]`,
  ],
  others: [
    `return [node('os').EOL, node('punycode').toASCII('mañana.com'), typeof node('perf_hooks').performance, node('net').isIP('::1'), node('net').isIPv4('1.2.3.4'), node('net').isIP('1.2.3'), node('net').isIPv6('::ffff:1.2.3.4'), typeof node('http').request, node('http').STATUS_CODES[404], node('http').METHODS.includes('GET'), node('module').isBuiltin('fs'), node('module').builtinModules.includes('path'), typeof node('constants').SIGTERM, node('tty').isatty(1), node('worker_threads').isMainThread]`,
    `const { createRequire } = node('module'); const r = createRequire('file:///x/y.js'); return [typeof r('path').join, typeof r('node:util').inspect]`,
  ],
};

const AsyncFunction = (async () => {}).constructor;
const node = (name) => process.getBuiltinModule(name);
globalThis.node = node;
const out = [];
for (const [module, sources] of Object.entries(CASES)) {
  for (const source of sources) {
    const value = await new AsyncFunction('node', source)(node);
    out.push({ module, source, expected: JSON.parse(JSON.stringify(value ?? null)) });
  }
}
writeFileSync(new URL('cases.json', import.meta.url), JSON.stringify(out, null, 1) + '\n');
