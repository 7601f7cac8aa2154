// Cloudflare Workers of the older kind: a listener of `fetch`.
addEventListener('fetch', (event) => {
  event.respondWith(greet(event.request));
});

async function greet(request) {
  const { name } = await request.json();
  return new Response(JSON.stringify({ greeting: `Hello, ${name}!` }), {
    headers: { 'content-type': 'application/json' },
  });
}
