// Vercel and Next.js: functions that are named after HTTP methods.
export async function POST(request: Request) {
  const { name } = await request.json();
  return Response.json({ greeting: `Hello, ${name}!` });
}
