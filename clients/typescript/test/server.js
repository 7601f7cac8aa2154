// A real server for the tests: the debug build, or the binary in FAAS_BINARY.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BINARY = process.env.FAAS_BINARY ?? fileURLToPath(new URL('../../../target/debug/faas', import.meta.url));

/** Starts a server in `folder`. Returns its URL and a function that stops it. */
export async function start(folder) {
  const args = ['serve', '--listen', '127.0.0.1:0', '--store', 'sqlite:faas.db', '--log', 'warn'];
  const child = spawn(BINARY, args, { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout), 'line');
  return {
    url: /https?:\/\/[^,]+/.exec(line)[0],
    async stop() {
      child.kill();
      await ended;
    },
  };
}

/** Runs a command of `faas` in `folder` and returns what it prints. */
export async function faas(folder, ...args) {
  const child = spawn(BINARY, args, { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`faas ${args.join(' ')} exited with ${code}`);
  return out.trim();
}
