// A formatter of traces that throws, and one that returns what it is given.
// must: completed 1
// then: completed 1
// timeout: 10000

Error.prepareStackTrace = () => { throw new Error('inner'); };
try { null.x; } catch (error) { error.stack; }
Error.prepareStackTrace = (error, frames) => { error.frames = frames; return [error, frames]; };
try { null.x; } catch (error) { globalThis.kept = error; }
return 1;
