// Each microtask queues the next: the queue is never empty.
// must: failed timeout timed out after
// timeout: 200

const again = () => queueMicrotask(again);
again();
await new Promise(() => {});
return 1;
