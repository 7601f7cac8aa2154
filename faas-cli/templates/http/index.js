// Answers HTTP requests at /f/NAME and below.
export default {
  async fetch(request) {
    const name = new URL(request.url).searchParams.get('name') ?? 'world';
    console.log('greeting', name);
    return Response.json({ text: `Hello, ${name}!` });
  },
};
