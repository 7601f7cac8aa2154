// Cloudflare Workers: a module with `fetch`. `env` has variables, secrets and bindings.
export default {
  async fetch(request, env, ctx) {
    const { name } = await request.json();
    ctx.waitUntil(Promise.resolve());
    return Response.json({ greeting: `${env.GREETING ?? 'Hello'}, ${name}!` });
  },
};
