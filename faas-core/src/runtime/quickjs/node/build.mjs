// Bundles `source/` and the packages that it uses into `generated/`, which is committed: a build of
// the crate needs no Node. `npm ci && npm run build` regenerates it; with `--check` this compares.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const folder = new URL('.', import.meta.url);
const names = JSON.parse(readFileSync(new URL('names.json', folder)));
const isCheck = process.argv.includes('--check');
let differs = false;

const write = (name, text) => {
  const file = new URL(`generated/${name}`, folder);
  if (!isCheck) return writeFileSync(file, text);
  let old = '';
  try { old = readFileSync(file, 'utf8'); } catch { /* It is new. */ }
  if (old === text) return;
  differs = true;
  console.error(`generated/${name} is out of date: run make node-modules`);
};

// Modules of Node stay references; packages may name them without a scheme.
const NODE = new RegExp(`^(node:)?(${[...Object.keys(names), 'util/types', 'process'].join('|')})/?$`);
const plugin = {
  name: 'node',
  setup(build) {
    build.onResolve({ filter: /^names:/ }, ({ path }) => ({ path, namespace: 'names' }));
    build.onLoad({ filter: /.*/, namespace: 'names' }, ({ path }) => ({
      contents: JSON.stringify(names[path.slice('names:'.length)]), loader: 'json',
    }));
    // In `source/`, a name without a scheme is a package.
    build.onResolve({ filter: NODE }, ({ path, importer }) =>
      path.startsWith('node:') || !importer.includes('/source/')
        ? { path: 'node:' + path.replace(/^node:/, '').replace(/\/$/, ''), external: true }
        : undefined);
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true }));
    // This port warns of functions of which Node itself does not warn.
    build.onLoad({ filter: /unenv\/.*\/node\/url\.mjs$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace('let urlParseWarned = false', 'let urlParseWarned = true'),
    }));
    build.onResolve({ filter: /^safe-buffer$/ }, () => ({ path: 'node:buffer', external: true }));
    build.onResolve({ filter: /^abort-controller$/ }, () => ({ path: 'node:absent', external: true }));
  },
};

const licences = new Map();
const addLicence = (input) => {
  const match = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (match === null || licences.has(match[1])) return;
  const root = new URL(`node_modules/${match[1]}/`, folder);
  const { version, license } = JSON.parse(readFileSync(new URL('package.json', root)));
  const file = readdirSync(root).find((name) => /^licen[cs]e/i.test(name));
  const text = readFileSync(new URL(file, root), 'utf8').trim();
  licences.set(match[1], `${match[1]} ${version} (${license})\n\n${text}\n`);
};

mkdirSync(new URL('generated', folder), { recursive: true });
for (const file of readdirSync(new URL('source', folder)).filter((name) => name.endsWith('.js')).sort()) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: folder.pathname,
    entryPoints: [`source/${file}`],
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'neutral',
    mainFields: ['main'],
    conditions: ['require'],
    target: 'es2023',
    charset: 'utf8',
    legalComments: 'none',
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [plugin],
    banner: {
      js: '(function(use,native,platform){"use strict";const require=use,module={exports:{}};let exports=module.exports;',
    },
    footer: { js: 'return module.exports;})' },
  });
  for (const input of Object.keys(metafile.inputs)) addLicence(input);
  write(file, outputFiles[0].text);
}
const list = [...licences].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
write('LICENSES.txt', 'The files in this folder contain parts of these packages.\n\n' + list.join('\n----\n\n'));
if (differs) process.exitCode = 1;
