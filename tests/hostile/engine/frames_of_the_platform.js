// Looks for the platform's functions on the stack.
// must: completed []
// timeout: 10000

const found = [];
Error.prepareStackTrace = (error, frames) => {
  for (const frame of frames) {
    if (frame.getFunction() !== undefined || frame.getThis?.() !== undefined) found.push('function');
    if (String(frame.getFileName()).includes('platform')) found.push('frame');
  }
};
new Error('x');
console.log(new Proxy({}, { ownKeys() { new Error('x'); return []; } }));
await new Promise((done) => setTimeout(() => { new Error('x'); done(); }, 0));
[1].values().map(() => new Error('x')).next();
Error.prepareStackTrace = undefined;
if (new Error('x').stack.includes('platform')) found.push('stack');
return found;
