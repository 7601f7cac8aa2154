// The loop is in the body of a module.
// must: failed timeout timed out after
// timeout: 200

for (;;);
export default () => 1;
