// A module that waits for ever before it has exported anything.
// must: failed timeout timed out after
// timeout: 200

await new Promise((done) => setTimeout(done, 1e9));
export default () => 1;
