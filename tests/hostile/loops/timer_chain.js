// Each timer starts the next.
// must: failed timeout timed out after
// timeout: 200

const again = () => setTimeout(again, 0);
again();
await new Promise(() => {});
return 1;
