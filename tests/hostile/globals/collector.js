// What drives the engine is not there to be called.
// must: completed []
// timeout: 10000

return ['gc', 'std', 'os', 'bjson', 'scriptArgs', 'print', 'Worker', 'load', 'Deno', 'Bun'].filter((name) => name in globalThis);
