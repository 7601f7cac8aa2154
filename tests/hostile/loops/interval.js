// A timer that never stops.
// must: failed timeout timed out after
// timeout: 200

setInterval(() => {}, 0);
await new Promise(() => {});
return 1;
