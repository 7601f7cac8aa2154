import assert from 'node:assert/strict';
import test from 'node:test';
import handler from './index.js';

test('it greets by name', async () => {
  const response = await handler.fetch(new Request('http://localhost/?name=Ada'));
  assert.deepEqual(await response.json(), { text: 'Hello, Ada!' });
});
