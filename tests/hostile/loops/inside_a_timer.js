// The loop is in the callback of a timer.
// must: failed timeout timed out after
// timeout: 200

setTimeout(() => { for (;;); }, 0);
await new Promise(() => {});
return 1;
