import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FaasError, createClient } from '@s3-for-compute/client';
import { faas, start } from './server.js';

let folder, server, client;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faas-client-'));
  const key = await faas(folder, 'key', 'create', '--name', 'me', '--role', 'admin', '--store', 'sqlite:faas.db');
  server = await start(folder);
  client = createClient({ url: server.url, key });
});

after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true });
});

const create = async (name, code) => {
  const { data } = await client.api.POST('/api/functions', { body: { name, description: 'a test', code } });
  return data;
};

test('a function is created, called by name, changed, listed and deleted', async () => {
  const created = await create('sum', 'return input.a + input.b');
  assert.equal(created.version, 1);
  const done = await client.invoke('sum', { a: 1, b: 2 });
  assert.equal(done.output, 3);
  assert.match(done.executionId, /^[0-9a-f-]{36}$/);
  assert.ok(done.duration >= 0 && done.cost > 0);
  const byName = { params: { path: { name: 'sum' } } };
  const { data: changed } = await client.api.PUT('/api/functions/by-name/{name}', {
    ...byName,
    body: { code: 'return input.a * input.b' },
  });
  assert.equal(changed.version, 2);
  assert.equal((await client.invoke('sum', { a: 4, b: 5 })).output, 20);
  const { data: all } = await client.api.GET('/api/functions');
  assert.deepEqual(all.map(({ name }) => name), ['sum']);
  await client.api.DELETE('/api/functions/by-name/{name}', byName);
  const gone = (error) => error.code === 'function_not_found' && error.status === 404;
  await assert.rejects(client.invoke('sum'), gone);
});

test('any JSON is an input and a result, null and texts too', async () => {
  await create('echo', 'return input');
  for (const value of [null, 'text', 0, false, [], { a: [1] }]) {
    assert.deepEqual((await client.invoke('echo', value)).output, value);
  }
  assert.deepEqual((await client.invoke('echo')).output, {});
});

test('a function that throws is an error with its stack and its execution', async () => {
  await create('thrower', 'throw new RangeError("too far")');
  await assert.rejects(client.invoke('thrower'), (error) => {
    assert.ok(error instanceof FaasError);
    assert.equal(error.code, 'function_error');
    assert.equal(error.status, 502);
    assert.match(error.message, /too far/);
    assert.match(error.stack, /at /);
    assert.ok(error.requestId && error.executionId);
    return true;
  });
});

test('an asynchronous execution is accepted once for each idempotency key', async () => {
  await create('later', 'return input');
  const first = await client.execute('later', 7, { idempotencyKey: 'one' });
  const second = await client.execute('later', 7, { idempotencyKey: 'one' });
  assert.equal(second.executionId, first.executionId);
  const path = { id: first.executionId };
  const { data } = await client.api.GET('/api/executions/{id}', { params: { path } });
  assert.equal(data.input, 7);
});

test('a request without a key is refused', async () => {
  const stranger = createClient({ url: server.url });
  await assert.rejects(stranger.invoke('echo'), (error) => error.code === 'key_required');
});
