// Functions that the types accept, and mistakes that they refuse: `tsc -p test` checks this file.
import type { Context, Handler, LambdaHandler, Worker } from '@s3-for-compute/types';

export const visits: Handler<{ name: string }, { count: number }> = async ({ name }, { kv, env, attempt }) => {
  const before = await kv.get(name);
  const tags = await kv.get<string[], 'json'>('tags', 'json');
  const many = await kv.get(['a', 'b']);
  const page = await kv.list<{ by: string }>({ prefix: 'a', limit: 10 });
  await kv.put(name, String(attempt), { ttl: 60, metadata: { by: env.USER ?? '' } });
  const isSet: boolean = await kv.compareAndSet(name, before, null);
  const cursor: string | undefined = page.cursor ?? page.keys[0]?.metadata?.by;
  return { count: (tags?.length ?? 0) + (many.get('a')?.length ?? 0) + Number(isSet) + (cursor?.length ?? 0) };
};

export const worker: Worker = {
  async fetch(request, env, context) {
    context.waitUntil(env.KV.put('last', request.url));
    return Response.json({ ok: true });
  },
  async scheduled(event) {
    console.log(new Date(event.scheduledTime));
  },
};

export const lambda: LambdaHandler = async (event, context: Context) => ({
  statusCode: 200,
  body: `${event.rawPath} ${context.functionName}`,
});

// @ts-expect-error: the result has no `count`.
export const wrongResult: Handler<unknown, { count: number }> = () => ({ total: 1 });

export const wrongUses: Handler = async (_input, context) => {
  // @ts-expect-error: the context is read only.
  context.attempt = 2;
  // @ts-expect-error: a value is no object.
  await context.kv.put('a', { b: 1 });
  // @ts-expect-error: several keys cannot be read as streams.
  await context.kv.get(['a'], 'stream');
  return null;
};
