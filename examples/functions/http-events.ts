// Server-sent events: each goes out as it is made. When the client goes away, `request.signal` is
// aborted and the execution ends. Call it with `curl -N`.
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export default {
  fetch(request: Request): Response {
    const count = Number(new URL(request.url).searchParams.get("count") ?? 3);
    const encoder = new TextEncoder();
    let sent = 0;
    const body = new ReadableStream({
      async pull(controller) {
        if (sent === count) return controller.close();
        if (sent > 0) await pause(200);
        sent += 1;
        controller.enqueue(encoder.encode(`data: ${sent}\n\n`));
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
};
