import assert from 'node:assert/strict';
import test from 'node:test';
import { handler } from './index.js';

test('it greets by name', async () => {
  const response = await handler({ queryStringParameters: { name: 'Ada' } });
  assert.deepEqual(JSON.parse(response.body), { text: 'Hello, Ada!' });
});
