import assert from 'node:assert/strict';
import test from 'node:test';
import handler from './index.js';

test('it runs', async () => {
  const event = { type: 'scheduled', cron: '', scheduledTime: 0, noRetry() {} };
  assert.equal(await handler.scheduled(event, { REGION: 'eu' }), undefined);
});
