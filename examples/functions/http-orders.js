// An HTTP function with routes. Upload it with
// { "http": { "enabled": true, "routes": ["GET /orders/:id", "POST /orders"] } } as its `config`, and
// call it at /f/NAME/orders/7.
const priceOf = (items) => items.reduce((sum, { price, count }) => sum + price * count, 0);

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (request.method === 'POST') {
      const { items } = await request.json();
      return Response.json({ total: priceOf(items) }, { status: 201, headers: { location: '/orders/7' } });
    }
    return Response.json({ order: pathname.split('/').at(-1) });
  },
};
