// Deno: a handler of HTTP requests.
Deno.serve(async (request: Request): Promise<Response> => {
  const { name }: { name: string } = await request.json();
  const greeting = Deno.env.get('GREETING') ?? 'Hello';
  return Response.json({ greeting: `${greeting}, ${name}!` });
});
