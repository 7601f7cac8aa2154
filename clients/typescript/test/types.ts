// Uses of the client that its types accept, and mistakes that they refuse.
import { type Schemas, createClient } from '@s3-for-compute/client';

const client = createClient({ url: 'http://127.0.0.1:5000' });

export async function uses(): Promise<(number | undefined)[]> {
  const { data: found } = await client.api.GET('/api/functions/{id}', { params: { path: { id: 'x' } } });
  const { data: page } = await client.api.GET('/api/executions', {
    params: { query: { limit: 10, status: 'failed' } },
  });
  const { output } = await client.invoke<{ total: number }>('sum', [1, 2]);
  const executions: Schemas['Execution'][] = page?.executions ?? [];
  return [found?.version, output.total, executions[0]?.cost.totalCost];
}

export async function mistakes(): Promise<void> {
  // @ts-expect-error: there is no such route.
  await client.api.GET('/api/function/{id}', { params: { path: { id: 'x' } } });
  // @ts-expect-error: the path needs an id.
  await client.api.GET('/api/functions/{id}', {});
  // @ts-expect-error: there is no such state.
  await client.api.GET('/api/executions', { params: { query: { status: 'done' } } });
}
