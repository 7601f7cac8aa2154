import assert from 'node:assert/strict';
import test from 'node:test';
import type { Context } from './faas';
import greet from './index.ts';

test('it greets by name', async () => {
  const context = { functionVersion: 1 } as Context;
  assert.deepEqual(await greet({ name: 'Ada' }, context), { text: 'Hello, Ada!' });
});
